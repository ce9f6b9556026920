"""Subtitles and transcripts: WebVTT and SubRip. What one speaker says in one breath is a turn."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from shipworthy.retrieval.parsing.building import Builder, Parsed, Source, one_line, refused
from shipworthy.retrieval.parsing.decoding import decoded

__all__ = ["parse_subtitles"]

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMES = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}")
_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,80})?[ \t]+([^<>\n]{0,200})>")
_TAG = re.compile(r"</?[a-zA-Z0-9][^<>]{0,200}>")
_NAMED = re.compile(r"(?:>>[ \t]*)?([^\W\d_][^:\n.!?]{0,38}?):[ \t]+(?=\S)")
_STOPPED = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_LONG_ENOUGH = 300  # characters after which a speaker's next sentence begins a new turn
_PAUSE = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cue:
    words: str
    speaker: str | None
    begins: float
    ends: float


def parse_subtitles(source: Source) -> Parsed:
    """Read WebVTT or SubRip. The line of a turn is its number."""
    text, warnings = decoded(source)
    builder = Builder(source)
    builder.warnings.extend(warnings)
    cues = list(_cues(text))
    if not cues:
        raise refused(
            source,
            "holds no subtitles: no line such as '00:00:05.000 --> 00:00:08.000' with words below it.",
            hint="Export the transcript again; if it is plain text, give it the ending .txt.",
        )
    for number, turn in enumerate(_turns(_with_names(cues)), start=1):
        builder.add(turn.words, "turn", line=number, speaker=turn.speaker, seconds=turn.begins)
    return builder.finish()


def _cues(text: str) -> Iterator[_Cue]:
    times: re.Match[str] | None = None
    words: list[str] = []
    lines = text.split("\n")
    for place, line in enumerate(lines):
        found = _TIMES.match(line)
        if found:
            yield from _voices(times, words)
            times, words = found, []
        elif not line.strip():
            yield from _voices(times, words)
            times, words = None, []
        elif times is not None and not _is_number_of_a_cue(lines, place):
            words.append(line)
    yield from _voices(times, words)


def _is_number_of_a_cue(lines: list[str], place: int) -> bool:
    below = lines[place + 1] if place + 1 < len(lines) else ""
    return lines[place].strip().isdecimal() and _TIMES.match(below) is not None


def _voices(times: re.Match[str] | None, words: list[str]) -> Iterator[_Cue]:
    """The cues of one block: one for each voice in it."""
    if times is None or not words:
        return
    begins, ends = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
    before, *voiced = _VOICE.split("\n".join(words))
    for speaker, said in [(None, before), *zip(voiced[::2], voiced[1::2], strict=True)]:
        shown = one_line(html.unescape(_TAG.sub("", said)))
        if shown:
            name = one_line(html.unescape(speaker)) if speaker else None
            yield _Cue(words=shown, speaker=name or None, begins=begins, ends=ends)


def _seconds(groups: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, part = groups
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + int((part or "0").ljust(3, "0")) / 1000


def _with_names(cues: list[_Cue]) -> list[_Cue]:
    """Names written as ``Anna: …`` in front of the words, where names come again and again."""
    if any(cue.speaker for cue in cues):
        return cues
    named = [_NAMED.match(cue.words) for cue in cues]
    names = {match[1].casefold() for match in named if match}
    times = sum(match is not None for match in named)
    if times < 2 or 2 * len(names) > max(times, 4):
        return cues
    found: list[_Cue] = []
    speaker: str | None = None
    for cue, match in zip(cues, named, strict=True):
        speaker = match[1].strip() if match else speaker
        found.append(replace(cue, words=cue.words[match.end() :] if match else cue.words, speaker=speaker))
    return found


def _turns(cues: list[_Cue]) -> Iterator[_Cue]:
    said: list[str] = []
    turn: _Cue | None = None
    for cue in cues:
        if turn is not None and _goes_on(turn, said, cue):
            said.append(cue.words)
            turn = replace(turn, ends=cue.ends)
            continue
        if turn is not None:
            yield replace(turn, words=" ".join(said))
        turn, said = cue, [cue.words]
    if turn is not None:
        yield replace(turn, words=" ".join(said))


def _goes_on(turn: _Cue, said: list[str], cue: _Cue) -> bool:
    """Whether a cue belongs to the turn: the same speaker, and a sentence or a short turn under way."""
    if cue.speaker != turn.speaker:
        return False
    stopped = _STOPPED.search(said[-1][-10:]) is not None
    if cue.speaker is None:
        return not stopped and cue.begins - turn.ends < _PAUSE and len(said) < 50
    return not (stopped and sum(map(len, said)) >= _LONG_ENOUGH) and len(said) < 200
