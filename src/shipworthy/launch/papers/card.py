"""A model card in the Hugging Face format: metadata as YAML, then Markdown under its usual headings.

References:
    Mitchell et al. (2019), Model Cards for Model Reporting, FAT* 2019.
    Hugging Face Hub documentation, "Model Cards" and "Annotated Model Card Template".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shipworthy.launch.papers import parts
from shipworthy.launch.papers.draft import signed
from shipworthy.launch.papers.facts import GAP, Cite, plain, rounded
from shipworthy.launch.papers.stated import Stated, card_answers_file, stated

__all__ = ["card", "card_answers_file", "metadata"]

_METRIC_IDS = {"macro_f1": "f1", "macro_precision": "precision", "macro_recall": "recall"}
_TASK = {"classify": "text-classification"}


def metadata(report: Mapping[str, Any], answers: Stated) -> dict[str, Any]:
    """The card's metadata as the Hub reads them; what is not known is left out."""
    found: dict[str, Any] = {}
    if "languages" in answers:
        found["language"] = [code.strip() for code in answers["languages"].split(",") if code.strip()]
    if "license" in answers:
        found["license"] = answers["license"]
    task = _TASK.get(report["job"], report["job"])
    scores = _metrics(report)
    found |= {
        "pipeline_tag": task,
        "tags": ["shipworthy"],
        "metrics": sorted({metric["type"] for metric in scores}),
        "model-index": [
            {
                "name": report["feature"],
                "results": [
                    {
                        "task": {"type": task},
                        "dataset": {
                            "name": f"test rows of {report['feature']}",
                            "type": "private",
                            "split": "test",
                            "revision": report["data"]["sha256"],
                        },
                        "metrics": scores,
                        "source": {
                            "name": f"Shipworthy review {report['id']}",
                            "url": f"../reviews/{report['id']}/report.html",
                        },
                    }
                ],
            }
        ],
    }
    if not scores:
        del found["metrics"], found["model-index"]
    return found


def _metrics(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "type": _METRIC_IDS.get(name, name),
            "value": rounded(one["value"]),
            "name": name,
            "args": {
                "low": rounded(one["low"]),
                "high": rounded(one["high"]),
                "n": one["n"],
                "level": one["level"],
                "method": one["method"],
                "review": report["id"],
                "key": f"scores.{name}",
            },
        }
        for name, one in report["candidates"][0]["scores"].items()
        if one["value"] is not None and None not in (one["low"], one["high"])
    ]


def card(report: Mapping[str, Any], *, answers: Stated) -> str:
    """The card of the feature under review.

    Args:
        report: The content of a review's ``report.json``.
        answers: What a person stated about it.
    """
    import yaml

    front = yaml.safe_dump(metadata(report, answers), sort_keys=False, allow_unicode=True, width=110)
    body = "\n".join(_body(report, answers, Cite.of(report)))
    return signed(f"---\n{front}---\n\n{body}", source=report["id"])


def _body(report: Mapping[str, Any], answers: Stated, cite: Cite) -> Iterator[str]:
    yield f"# Model card: {plain(report['feature'])}\n"
    yield f"Verdict of the review: {cite('verdict')}.\n"
    if report["origin"] == "bundled":
        yield "Measured on data written for an example: practice, no evidence about real use.\n"
    yield "## Model details\n"
    yield f"- Candidate: {plain(report['candidates'][0]['name'])}. {cite.words('candidate')}"
    yield f"- How it was chosen: {cite.words('how_chosen')}\n"
    yield "Developed by:\n"
    yield from stated(answers, "developed_by")
    yield "Version:\n"
    yield from stated(answers, "version")
    yield "Languages and licence:\n"
    yield from stated(answers, "languages", "license")
    yield "## Uses\n"
    yield from parts.purpose(cite)
    yield "### Out of scope\n"
    yield from stated(answers, "out_of_scope")
    yield "## Bias, risks and limitations\n"
    yield from parts.groups(report, cite)
    yield from parts.harms(report, cite)
    yield "### Recommendations\n"
    yield from parts.findings(report, cite)
    yield "### Oversight\n"
    yield from parts.oversight(report, cite)
    yield "## How to get started\n"
    yield from stated(answers, "instructions")
    yield "## Training details\n"
    yield from stated(answers, "training_data", "third_parties")
    yield "## Evaluation\n"
    yield "### Testing data\n"
    yield from parts.data(report, cite)
    yield "### Results\n"
    yield from parts.summary(cite)
    yield from parts.results(report, cite)
    yield "## Environmental impact\n"
    yield f"{GAP} energy use was not measured.\n"
    yield "## Technical specifications\n"
    yield from stated(answers, "architecture", "hardware")
    yield from (f"- {plain(name)}: {cite(f'versions.{name}')}" for name in report["versions"])
    yield "\n## Contact\n"
    yield from stated(answers, "contact")
