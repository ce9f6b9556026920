"""How much time, CPU and memory a run takes, beside the peers and at size."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.kit.common import (
    COMPARE,
    CONCURRENCY,
    DELAY,
    OTHER_MODEL,
    REVIEW,
    VERDICTS,
    Bar,
    Chosen,
    bars,
    newest,
    python,
)
from benchmarks.kit.peers import NOT_MEASURED, PEERS, Peer
from benchmarks.kit.running import KEY, Took, command, rows, timed, workspace
from benchmarks.kit.serving import Server

__all__ = ["size", "speed"]

_CALLS = 1_000
_HOUSE = "house:m"
_TITLES = {
    _HOUSE: "**ours, any OpenAI-compatible server**",
    OTHER_MODEL: "**ours, `openai:` (the vendor's SDK)**",
}
_HEAVY = ("sklearn", "scipy", "jinja2", "shipworthy.documents.charts")
_IMPORTED = f"""
import sys
from shipworthy.cli.main import main
try:
    sys.argv[0] = "shipworthy"
    main()
finally:
    print("IMPORTED", *(name for name in {_HEAVY!r} if name in sys.modules))
"""
_PAGE = """
import json, sys, time
from pathlib import Path
report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
before = time.process_time()
from shipworthy.documents import render_review
Path(sys.argv[2]).write_text(render_review(report), encoding="utf-8")
print(time.process_time() - before)
"""


def speed(chosen: Chosen) -> str:
    """1,000 calls: ours by both adapters, bare aiohttp, the peers; in turn, as a busy minute hits all."""
    mine: dict[str, list[Took]] = {model: [] for model in _TITLES}
    engines: list[float] = []
    others: dict[str, list[Took]] = {}
    with Server(delay=DELAY) as server, tempfile.TemporaryDirectory() as name:
        temporary = Path(name)
        for _ in range(chosen.rounds):
            for model, found in mine.items():
                took, engine = _ours(server, temporary, model)
                found.append(took)
                if model == _HOUSE:
                    engines.append(engine)
            for one in PEERS:
                other = _theirs(one, chosen.peers, server, temporary)
                if other is not None:
                    others.setdefault(one.name, []).append(other)
        light = _imported(server, temporary)
        page = _page(server, temporary, chosen.rounds)
    lines = [
        "| | wall s | CPU s | × our CPU | peak MB | first request to last reply, s | peak in flight |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    house = _best(mine[_HOUSE]).cpu
    lines += [_line(_TITLES[model], found, house) for model, found in mine.items()]
    lines += [_line(one.title, others[one.name], house) for one in PEERS if one.name in others]
    kept = [*_own_bars(_best(mine[_HOUSE]), min(engines), others, light, page), *_beside(house, others)]
    absent = [one for one in PEERS if one.name not in others]
    notes = [
        _vendor_note(_best(mine[OTHER_MODEL]).cpu, house, others),
        *(f"Not measured here: {one.title} ({NOT_MEASURED}: {one.cited})." for one in absent),
    ]
    return "\n".join([*lines, "", *bars(kept), "", " ".join(notes)])


def _best(found: list[Took]) -> Took:
    return min(found, key=lambda took: took.cpu)


def _vendor_note(vendor: float, house: float, others: Mapping[str, list[Took]]) -> str:
    """What the bars, which are about the first line of the table, do not say."""
    cpu = {name: _best(found).cpu for name, found in others.items()}
    less = [one.title for one in PEERS if not one.here and cpu.get(one.name, vendor) < vendor]
    behind = f", which is more than {' and '.join(less)} took in this run" if less else ""
    return (
        "The bars are about the first line, whose adapter speaks HTTP itself; the peers' calls go through a "
        "client library, mostly the vendor's SDK. Through that SDK (`openai:`, by way of pydantic-ai) ours "
        f"takes {vendor / house:.1f} × the CPU{behind}."
    )


def _line(title: str, found: list[Took], house: float) -> str:
    least = _best(found)
    wall, window = min(one.wall for one in found), min(one.window for one in found)
    return (
        f"| {title} | {wall:.2f} | {least.cpu:.2f} | {least.cpu / house:.2f} | {least.memory:.0f} "
        f"| {window:.2f} | {least.counts.at_once} |"
    )


def _ours(server: Server, temporary: Path, model: str) -> tuple[Took, float]:
    """``compare`` in a fresh workspace, and its engine time: first request to ``report.json``."""
    folder = workspace(Path(tempfile.mkdtemp(dir=temporary)) / "w", server.url, _CALLS, model=model)
    took = timed(command(*COMPARE), folder, server, more={"OPENAI_API_KEY": KEY})
    assert took.code == 0, took.said
    written = newest(folder, "comparisons/*/report.json").stat().st_mtime
    return took, written - took.counts.first


def _theirs(one: Peer, peers: Path | None, server: Server, temporary: Path) -> Took | None:
    """One run of a peer; None where it is not installed or did not do its work."""
    where = Path() if peers is None else peers / one.name
    if not one.here and (peers is None or not where.exists()):
        return None
    folder = Path(tempfile.mkdtemp(dir=temporary))
    asked = [
        {
            "id": row["id"],
            "prompt": f"Sort the feedback into yes, no.\nMessage: {row['message']}",
            "label": "yes",
        }
        for row in rows(_CALLS)
        if row["split"] == "test"
    ]
    url = f"{server.url}/v1"
    more = one.prepare(folder, asked, url)
    took = timed(one.command(where, url), folder, server, more=more)
    if took.code in one.codes and took.counts.rows == _CALLS:
        return took
    print(f"{one.name}: exit {took.code}, {took.counts}: {took.said[-400:]}", file=sys.stderr)
    return None


def _imported(server: Server, temporary: Path) -> str:
    """Which heavy modules ``compare`` imports."""
    folder = workspace(temporary / "light", server.url, 60)
    took = timed([sys.executable, "-c", _IMPORTED, *COMPARE], folder, server)
    assert took.code == 0, took.said
    return took.said.rpartition("IMPORTED")[2].strip()


def _page(server: Server, temporary: Path, rounds: int) -> float:
    """CPU seconds of rendering and writing the HTML report of a review of 1,000 rows."""
    folder = workspace(temporary / "page", server.url, _CALLS)
    took = timed(command(*REVIEW), folder, server)
    assert took.code in VERDICTS, took.said
    report, page = str(newest(folder, "reviews/*/report.json")), str(temporary / "report.html")
    return min(float(python(_PAGE, report, page)) for _ in range(rounds))


def _own_bars(
    house: Took, engine: float, others: Mapping[str, list[Took]], light: str, page: float
) -> list[Bar]:
    floor = _CALLS * DELAY / CONCURRENCY
    bare = min(took.window for took in others["aiohttp"])
    beside = (
        f"{engine:.2f} s = {engine / floor:.2f} ×; {engine / bare:.2f} × what the bare client took to ask"
    )
    return [
        Bar(f"engine time ≤ 1.8 × the floor of {floor:.3f} s", beside, engine <= 1.8 * floor),
        Bar("whole process ≤ 3 s of CPU", f"{house.cpu:.2f} s", house.cpu <= 3),
        Bar("whole process < 200 MB", f"{house.memory:.0f} MB", house.memory < 200),
        Bar("scikit-learn, SciPy, Jinja2 and charts not imported", light or "none of them", not light),
        Bar("HTML report apart ≤ 1.5 s of CPU", f"{page:.2f} s, Jinja2's import included", page <= 1.5),
    ]


def _beside(house: float, others: Mapping[str, list[Took]]) -> list[Bar]:
    cpu = {name: _best(found).cpu for name, found in others.items()}
    logged = {one.name: cpu[one.name] for one in PEERS if one.keeps_log and one.name in cpu}
    found = []
    if logged:
        name, least = min(logged.items(), key=lambda item: item[1])
        said = f"the least of {len(logged)}: {name}, {least / house:.2f} × ours"
        found.append(Bar("less CPU than every peer that keeps a log", said, least > house))
    if "pydantic-evals" in cpu:
        share = house / cpu["pydantic-evals"]
        said = f"ours is {share:.2f} × its"
        found.append(Bar("CPU within 1.2 × pydantic-evals, which keeps no log", said, share <= 1.2))
    return found


# --- size ---------------------------------------------------------------------------------------------


def size(chosen: Chosen) -> str:
    """Many calls: does a call cost the same, does memory grow, how quick is a second run?"""
    small, middle, large = _CALLS, chosen.calls // 4, chosen.calls
    found: dict[int, Took] = {}
    with Server(delay=DELAY) as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for calls in (small, middle, large):
            tries = []
            for number in range(chosen.rounds if calls == small else min(chosen.rounds, 2)):
                folder = workspace(Path(name) / f"{calls}-{number}", server.url, calls)
                tries.append(timed(command(*COMPARE), folder, server))
                assert tries[-1].code == 0, tries[-1].said
            found[calls] = _best(tries)
        again = [timed(command(*COMPARE), folder, server) for _ in range(chosen.rounds)]
    assert all((one.code, one.counts.requests) == (0, 0) for one in again), again[0].said
    warm = min(again, key=lambda took: took.wall)
    each = {calls: took.cpu / calls * 1000 for calls, took in found.items()}
    steps = [
        (found[more].cpu - found[less].cpu) / (more - less) * 1000
        for less, more in ((small, middle), (middle, large))
    ]
    lines = ["| calls | wall s | CPU s | CPU ms a call | peak MB |", "|--:|--:|--:|--:|--:|"]
    lines += [_size_line(f"{calls:,}", took, calls) for calls, took in found.items()]
    lines += [_size_line(f"{large:,} again, all from the cache", warm, large), ""]
    lines += [
        f"Each further call took {steps[0]:.2f} ms of CPU from {small:,} to {middle:,} calls and "
        f"{steps[1]:.2f} ms from {middle:,} to {large:,}: start-up is left out of these.",
        "",
    ]
    compared = f"{each[large]:.2f} ms against {each[small]:.2f} ms"
    memory = found[large].memory
    measured = [
        Bar(f"CPU a call at {large:,} no worse than at {small:,}", compared, each[large] <= each[small]),
        Bar("peak memory < 400 MB", f"{memory:.0f} MB", memory < 400),
        Bar(f"a warm re-run of {large:,} < 5 s", f"{warm.wall:.2f} s", warm.wall < 5),
    ]
    return "\n".join([*lines, *bars(measured)])


def _size_line(title: str, took: Took, calls: int) -> str:
    return (
        f"| {title} | {took.wall:.2f} | {took.cpu:.2f} | {took.cpu / calls * 1000:.2f} | {took.memory:.0f} |"
    )
