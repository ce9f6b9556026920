"""How good are answers from documents, and does it know when there is none?

Writes docs/measurements/answers.md.

    python benchmarks/answers.py              # some minutes; the small local model on a sample
    python benchmarks/answers.py --no-model   # without it

SQuAD 2.0 (hard: its unanswerable questions were written to look answerable) and ClapNQ (easier: real
questions whose page has no answer). Each set is cut in two, SQuAD by article: thresholds and learnt weights
come from one half, every figure from the other. No network, no key.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from shipworthy.apps.answer.answering import Answerer, Finished  # noqa: E402
from shipworthy.apps.answer.confidence import THRESHOLD, Confidence, Labelled  # noqa: E402
from shipworthy.apps.answer.conversation import Rewritten  # noqa: E402
from shipworthy.apps.answer.selecting import Reader  # noqa: E402
from shipworthy.core.canonical import sha256_of  # noqa: E402
from shipworthy.core.errors import EnvironmentFailure  # noqa: E402
from shipworthy.evals.checks.answers import AnswerCase, answer_judged  # noqa: E402
from shipworthy.evals.checks.matching import normalised, token_f1  # noqa: E402
from shipworthy.evals.jobs.desk import ModelDesk  # noqa: E402
from shipworthy.evals.jobs.labels import AnswerLabel  # noqa: E402
from shipworthy.evals.jobs.outputs import Answer  # noqa: E402
from shipworthy.gateway.embedding import packaged_embedder  # noqa: E402
from shipworthy.gateway.specs import model_spec  # noqa: E402
from shipworthy.retrieval.document import Document, Part, verified  # noqa: E402
from shipworthy.retrieval.groundedness import support  # noqa: E402
from shipworthy.retrieval.index import Index  # noqa: E402
from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray  # noqa: E402
from shipworthy.stats.curves import Ranking  # noqa: E402
from shipworthy.stats.estimate import Estimate  # noqa: E402
from shipworthy.stats.intervals import mean, proportion  # noqa: E402
from shipworthy.stats.resampling import Groups  # noqa: E402

PAGE = ROOT / "docs" / "measurements" / "answers.md"
DATA = ROOT.parent / "shared" / "data"
SEED = 4
SAMPLE = 60
WANTED = (0.5, 0.6, 0.7, 0.8)
COVERAGES = (0.1, 0.25, 0.5, 0.75, 1.0)
NONE = np.zeros(0, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A labelled question."""

    text: str
    label: AnswerLabel
    cluster: str
    reported: bool  # of the half that figures are reported of


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """A data set: documents as one index, and questions."""

    name: str
    documents: dict[str, Document]
    questions: list[Question]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What one way of answering gave for each question, answering all it can."""

    ends: list[Finished]
    right: BoolArray  # the answer is right, whatever the confidence
    sure: FloatArray


def rows(name: str) -> list[dict[str, object]]:
    path = DATA / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def as_document(name: str, title: str, text: str) -> Document:
    part = Part(start=0, end=len(text), kind="paragraph", headings=(title,), line=1)
    return Document(name=name, text=text, parts=(part,), sha256=sha256_of(text), title=title)


def half(key: str) -> bool:
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % 2 == 1


def squad() -> Set:
    documents = {
        str(row["doc_id"]): as_document(
            f"{row['doc_id']}", str(row["title"]).replace("_", " "), str(row["text"])
        )
        for row in rows("squad2/paragraphs.jsonl")
    }
    found = rows("squad2/questions.jsonl")
    titles = sorted({str(row["title"]) for row in found})
    reported = set(titles[1::2])
    questions = [
        Question(
            text=str(row["question"]),
            label=AnswerLabel(
                answerable=not row["is_impossible"],
                answers=tuple({str(one["text"]) for one in row["answers"]}),  # type: ignore[attr-defined]
            ),
            cluster=str(row["doc_id"]),
            reported=row["title"] in reported,
        )
        for row in found
    ]
    return Set(name="SQuAD 2.0", documents=documents, questions=questions)


def clapnq() -> Set:
    documents: dict[str, Document] = {}
    questions = []
    for row in rows("clapnq/questions.jsonl"):
        name = str(row["id"])
        passage = row["passages"][0]  # type: ignore[index]
        documents[name] = as_document(name, passage["title"], passage["text"])
        answers = tuple(str(one) for one in row["answers"] if one)  # type: ignore[attr-defined]
        questions.append(
            Question(
                text=str(row["question"]),
                label=AnswerLabel(answerable=bool(row["answerable"]), answers=answers),
                cluster=name,
                reported=half(name),
            )
        )
    return Set(name="ClapNQ", documents=documents, questions=questions)


def indexed(data: Set, folder: Path) -> Index:
    index = Index.open(folder, embedder=None)
    for document in data.documents.values():
        index.put(document)
    return index


def run(data: Set, answerer: Answerer, questions: Sequence[Question]) -> Ran:
    """Answer every question, however unsure."""
    answerer = replace(answerer, confidence=Confidence(threshold=0.0))

    async def one_of_them(question: str) -> Finished:
        try:
            return await answerer.answer(question)
        except EnvironmentFailure as error:  # a model that was too slow has answered nothing
            asked = Rewritten(question=question, asked=question)
            nothing = Answer(outcome="abstain", text="")
            return Finished(answer=nothing, question=asked, trouble=error.message)

    async def all_of_them() -> list[Finished]:
        return [await one_of_them(one.text) for one in questions]

    ends = asyncio.run(all_of_them())
    right = [
        answer_judged(AnswerCase(text=one.text, label=one.label, output=end.answer, documents=data.documents))
        == "right"
        and one.label.answerable
        for one, end in zip(questions, ends, strict=True)
    ]
    sure = np.array([end.answer.confidence for end in ends])
    return Ran(ends=ends, right=np.array(right), sure=sure)


def answerable(questions: Sequence[Question]) -> BoolArray:
    return np.array([one.label.answerable for one in questions])


def clusters(questions: Sequence[Question]) -> IntArray:
    return np.unique([one.cluster for one in questions], return_inverse=True)[1].astype(np.int64)


def auroc(scores: FloatArray, truth: BoolArray, groups: Groups) -> Estimate:
    parts = Ranking.of(scores, truth).roc_auc(groups)
    return parts.measured(unit="score", low=0.0, high=1.0, logit=True).at()


def gain(scores: FloatArray, other: FloatArray, truth: BoolArray, groups: Groups) -> Estimate:
    """Difference of two AUROCs on the same questions."""
    one, two = (Ranking.of(each, truth).roc_auc(groups) for each in (scores, other))
    return one.minus(two, unseen=NONE).measured(unit="score", low=-1.0, high=1.0, logit=False).at()


def learnt(ran: Ran, questions: Sequence[Question]) -> Confidence:
    """Weights and threshold from the half that nothing is reported of."""
    chosen = [
        Labelled(signals=end.signals, right=bool(right))
        for end, right, one in zip(ran.ends, ran.right, questions, strict=True)
        if not one.reported and end.signals is not None
    ]
    return Confidence().fitted(chosen)


def threshold_of(sure: FloatArray, right: BoolArray) -> float:
    """The threshold with most right minus wrong answers."""
    order = np.argsort(-sure, kind="stable")
    gained = np.cumsum(np.where(right[order], 1, -1))
    best = int(np.argmax(gained))
    return float(sure[order[best]]) if gained[best] > 0 else np.inf


def cut_for(share: float, sure: FloatArray, right: BoolArray) -> float:
    """The lowest threshold with at least this share of right answers among at least ten."""
    order = np.argsort(-sure, kind="stable")
    reached = np.cumsum(right[order]) / np.arange(1, len(order) + 1) >= share
    reached[:9] = False
    return float(sure[order[np.flatnonzero(reached)[-1]]]) if reached.any() else np.inf


def rescored(ran: Ran, by: Confidence) -> FloatArray:
    return np.array([0.0 if end.signals is None else by.of(end.signals) for end in ran.ends])


def risks(sure: FloatArray, right: BoolArray) -> list[str]:
    """Share of wrong answers where the surest 10%, 25% … of all questions are answered."""
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(~right[order])
    found = []
    for share in COVERAGES:
        last = max(1, round(share * len(order)))
        found.append(f"{wrong[last - 1] / last:.0%}")
    return found


def area(sure: FloatArray, right: BoolArray) -> float:
    """Area under the risk–coverage curve; lower is better."""
    order = np.argsort(-sure, kind="stable")
    return float(np.mean(np.cumsum(~right[order]) / np.arange(1, len(order) + 1)))


def at(threshold: float, sure: FloatArray, right: BoolArray, truth: BoolArray, codes: IntArray) -> list[str]:
    """What a threshold does: answered, of these right, unanswerable left unanswered, all outcomes right."""
    given = sure >= threshold
    outcome = np.where(given, right, ~truth)
    parts = [
        proportion(given, clusters=codes),
        proportion(right[given], clusters=codes[given]) if given.any() else None,
        proportion(~given[~truth], clusters=codes[~truth]),
        proportion(outcome.astype(np.bool_), clusters=codes),
    ]
    return ["none" if one is None else short(one.at()) for one in parts]


def short(one: Estimate) -> str:
    if one.value is None or one.low is None or one.high is None:
        return str(one)
    if one.unit == "share":
        return f"{one.value:.0%} ({one.low:.0%} to {one.high:.0%})"
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    made = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*made, *("| " + " | ".join(line) + " |" for line in lines)])


@dataclass(slots=True, kw_only=True)
class Section:
    """The figures of one set."""

    data: Set
    index: Index
    words: Ran
    meanings: Ran
    bm25: FloatArray

    def part(self) -> str:
        """The section as Markdown."""
        reported = np.array([one.reported for one in self.data.questions])
        questions = [one for one in self.data.questions if one.reported]
        truth, codes = answerable(questions), clusters(questions)
        groups = Groups.of(codes, len(codes))
        ways: dict[str, tuple[Ran, FloatArray]] = {
            "BM25 score of the best passage": (self.words, self.bm25),
            "as shipped, words only": (self.words, self.words.sure),
            "as shipped, words and meanings": (self.meanings, self.meanings.sure),
            "learnt on the other half, words only": (
                self.words,
                rescored(self.words, learnt(self.words, self.data.questions)),
            ),
            "learnt on the other half, words and meanings": (
                self.meanings,
                rescored(self.meanings, learnt(self.meanings, self.data.questions)),
            ),
        }
        ranks, curves, outcomes, wanted = [], [], [], []
        for name, (ran, sure) in ways.items():
            here, right = sure[reported], ran.right[reported]
            more = "" if name.startswith("BM25") else short(gain(here, self.bm25[reported], truth, groups))
            ranks.append([name, short(auroc(here, truth, groups)), more])
            curves.append([name, *risks(here, right), f"{area(here, right):.3f}"])
            chosen = threshold_of(sure[~reported], ran.right[~reported])
            outcomes.append([name, *at(chosen, here, right, truth, codes)])
            if name.startswith("as shipped"):
                outcomes.append(
                    [f"{name}, threshold {THRESHOLD:.2f}", *at(THRESHOLD, here, right, truth, codes)]
                )
            wanted += [
                [
                    name,
                    f"{share:.0%}",
                    *at(cut_for(share, sure[~reported], ran.right[~reported]), here, right, truth, codes)[:3],
                ]
                for share in WANTED
            ]
        heads = ["confidence", *(f"{share:.0%}" for share in COVERAGES), "area"]
        return "\n\n".join(
            [
                f"## {self.data.name}",
                f"{len(self.data.documents):,} passages in one index (by words, five read); "
                f"{len(questions):,} questions reported, {int((~truth).sum()):,} of them unanswerable, in "
                f"{groups.count:,} clusters (questions about one passage belong together).",
                "Does the confidence rank answerable questions above unanswerable ones?",
                table(["confidence", "AUROC", "better than BM25 by"], ranks),
                "Wrong answers among those given, when the surest share of all questions is answered:",
                table(heads, curves),
                "At the threshold with most right minus wrong answers on the other half:",
                table(
                    ["confidence", "answered", "of these right", "unanswerable left alone", "outcome right"],
                    outcomes,
                ),
                "With a threshold from the other half, the lowest with so many right answers there:",
                table(
                    ["confidence", "wanted", "answered", "of these right", "unanswerable left alone"], wanted
                ),
                self.answers(questions, reported),
            ]
        )

    def answers(self, questions: Sequence[Question], reported: BoolArray) -> str:
        """How good the answers to answerable questions are, were all of them answered."""
        truth = answerable(questions)
        lines = []
        for name, ran in (("words only", self.words), ("words and meanings", self.meanings)):
            ends = [end for end, mine in zip(ran.ends, reported, strict=True) if mine]
            right = ran.right[reported]
            f1, held = [], []
            for one, end in zip(questions, ends, strict=True):
                if one.label.answerable:
                    said = end.answer.text if end.answer.outcome == "answer" else ""
                    f1.append(max(token_f1(said, answer) for answer in one.label.answers))
                    held.append(
                        any(f" {normalised(a)} " in f" {normalised(said)} " for a in one.label.answers)
                    )
            codes = clusters([one for one in questions if one.label.answerable])
            back = np.mean([end.answer.outcome == "ask_back" for end in ends])
            lines.append(
                [
                    name,
                    short(proportion(right[truth], clusters=codes).at()),
                    short(proportion(np.array(held), clusters=codes).at()),
                    short(mean(np.array(f1), clusters=codes).at()),
                    f"{back:.1%}",
                ]
            )
        return "The answers themselves, were every answerable question answered:\n\n" + table(
            [
                "sentences ranked by",
                "right",
                "holds a labelled answer",
                "token F1",
                "asked back (all questions)",
            ],
            lines,
        )


def section(data: Set, folder: Path) -> Section:
    index = indexed(data, folder)
    words = run(data, Answerer(library=index), data.questions)
    meanings = run(data, Answerer(library=index, reader=Reader(embedder=packaged_embedder())), data.questions)
    best = [index.search(one.text, k=1) for one in data.questions]
    bm25 = np.array([hits[0].score if hits else 0.0 for hits in best])
    return Section(data=data, index=index, words=words, meanings=meanings, bm25=bm25)


def citations(sections: Sequence[Section]) -> str:
    """Whether every citation opens the sentence it quotes."""
    total = good = 0
    for part in sections:
        for ran in (part.words, part.meanings):
            for end in ran.ends:
                for sentence in end.answer.sentences:
                    for span in sentence.citations:
                        total += 1
                        good += verified(span, part.data.documents[span.document])
    return (
        f"{good:,} of {total:,} citations stand word for word where they say "
        "(all questions of both sets, both ways of ranking, answering everything)."
    )


def local(data: Set, index: Index, size: int) -> str:
    """What the small local model adds to the same sentences, on a sample of the reported half."""
    reported = [one for one in data.questions if one.reported]
    questions = random.Random(SEED).sample(reported, min(size, len(reported)))
    reader = Reader(embedder=packaged_embedder())
    quoting = run(data, Answerer(library=index, reader=reader), questions)
    with ModelDesk().opened(model_spec("local", named_in="benchmarks/answers.py")) as model:
        ran = run(data, Answerer(library=index, reader=reader, model=model), questions)
    truth = answerable(questions)
    groups = Groups.of(None, len(questions))
    before, plain = quoting.sure, quoting.right
    answered = np.array([end.answer.outcome == "answer" for end in ran.ends])
    sure = np.where(answered, ran.sure, 0.0)
    right = ran.right & answered
    withheld = np.mean([bool(end.withheld) for end in ran.ends])
    broken = np.mean([end.trouble is not None for end in ran.ends])
    more = gain(sure, before, truth, groups)
    better = mean(right[truth].astype(float) - plain[truth].astype(float), unit="points").at()
    return table(
        ["", "the documents' own sentences", "written by the local model", "difference"],
        [
            ["AUROC of the confidence", short(auroc(before, truth, groups)),
             short(auroc(sure, truth, groups)), short(more)],
            ["answerable questions answered rightly", short(proportion(plain[truth]).at()),
             short(proportion(right[truth]).at()), str(better)],
            ["answered", "100%", short(proportion(answered).at()), ""],
        ],
    ) + (
        f"\n\n{len(questions)} questions of {data.name}. In {withheld:.0%} the model wrote at "
        f"least one sentence that its sources do not say, and it was left out; {broken:.0%} of the replies "
        "could not be used."
    )  # fmt: skip


def groundedness() -> str:
    """How well `support` tells supported claims from others."""
    lines = []
    claims, truth = [], []
    for row in rows("grounding/wice_dev.jsonl"):
        evidence = " ".join(map(str, row["evidence"]))  # type: ignore[call-overload]
        claims.append(support(str(row["claim"]), evidence))
        truth.append(row["label"] == "supported")
    lines.append(["WiCE: claim against its page", *_told(claims, truth)])
    claims, truth = [], []
    for row in rows("grounding/wice_dev.jsonl"):
        for chosen in row["supporting_sentences"][:1]:  # type: ignore[index]
            text = " ".join(str(row["evidence"][place]) for place in chosen)  # type: ignore[index]
            claims.append(support(str(row["claim"]), text))
            truth.append(row["label"] == "supported")
    lines.append(["WiCE: claim against its supporting sentences", *_told(claims, truth)])
    return table(["set", "n", "AUROC"], lines)


def _told(scores: Sequence[float], truth: Sequence[bool]) -> tuple[str, str]:
    yes = np.array(truth)
    return f"{len(yes):,}", short(auroc(np.array(scores), yes, Groups.of(None, len(yes))))


def page(sections: Sequence[Section], models: Sequence[str]) -> str:
    parts = "\n\n".join(part.part() for part in sections)
    busy = "Not measured in this run (`--no-model`): the machine was shared and busy, load above 4."
    asked = "\n\n".join(models) or busy
    return f"""# Answers from documents

Made by `benchmarks/answers.py` (seed {SEED}). Two public sets in the same run, the hard one first: SQuAD
2.0's unanswerable questions were written by people to look answerable from the very paragraph; ClapNQ's are
real questions whose page happens to hold no answer. Each set is cut in two (SQuAD by article, ClapNQ by id):
thresholds and learnt weights come from one half, every figure is of the other. Intervals are 95%.

*As shipped* are weights set by hand and rounded, not fitted. Which signals they weigh was decided on the half
that is not reported, by the mean of the two sets' AUROC there; an earlier version looked at single signals on
all of it, so "as shipped" may be a little flattered. *Learnt on the other half* shows what labelled questions
of one's own would add. The threshold of {THRESHOLD:.2f} comes from neither set: it is the lowest, in steps of
0.05, from which at least four in five answers to the bundled handbook's 60 questions are surely right (lower
end of a 95% interval), with and without meanings. An answer is right when it holds a labelled answer
or has half of its words in common with one.

{parts}

## Citations

{citations(sections)}

## What a model adds

The small local model (SmolLM2-135M) gets the same sentences and writes; what its sources do not say is
left out.

{asked}

Hosted models: not measured, no key.

## Does a sentence support a claim?

`support` compares words, numbers, names and denials and is used to hold a model's sentences against
their sources.

{groundedness()}
"""


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--no-model", action="store_true")
    asked.add_argument("--sample", type=int, default=SAMPLE, help="questions of each set for the local model")
    chosen = asked.parse_args()
    if not DATA.is_dir():
        print(f"The public data is not here ({DATA.name}); nothing was measured.")
        return 0
    with tempfile.TemporaryDirectory() as name:
        sections = [section(data, Path(name) / str(place)) for place, data in enumerate((squad(), clapnq()))]
        models = [] if chosen.no_model else [local(part.data, part.index, chosen.sample) for part in sections]
        text = page(sections, models)
        for part in sections:
            part.index.close()
    PAGE.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
