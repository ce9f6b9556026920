"""Read claims out of a sentence or a report.

Only what is written is taken; what is not said stays None. The text may come from anybody: it is cut to
bounded pieces first, and every pattern has bounded repeats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shipworthy.core.errors import DataError
from shipworthy.evals.claims.blocks import Block, Table, blocks_of
from shipworthy.evals.claims.claim import Claim
from shipworthy.evals.claims.context import Said, only, said_in
from shipworthy.evals.claims.scores import Mention, mentions_in, metric_of
from shipworthy.evals.claims.tables import claims_of_table
from shipworthy.evals.claims.words import MOST, compiled

__all__ = ["claims_in"]

_LONGEST = 200_000
_VERSUS = compiled(
    r"(?<!\w)(?:vs|versus|compared (?:to|with)|against|(?<!more )(?<!less )than|beat(?:s|ing)?"
    r"|outperform(?:s|ed|ing)?|baseline|competitors?|previous(?:ly)?|incumbent|state of the art|sota)(?!\w)"
    r"|(?<!\w)from\s(?:about |around |nearly |some )?$"
)


def claims_in(text: str) -> tuple[Claim, ...]:
    """All claims with a number in a text or a Markdown report, in its order; the first 200 of them.

    Raises:
        DataError: The text is longer than 200,000 letters.
    """
    if len(text) > _LONGEST:
        raise DataError(
            f"The text has {len(text):,} letters; at most {_LONGEST:,} are read.",
            hint="Give the part that makes the claims.",
        )
    found: list[Claim] = []
    tried: set[int] = set()
    for block in blocks_of(text):
        if isinstance(block, Table):
            found += claims_of_table(block)
        else:
            found += _of_paragraph(block)
            tried |= {best[0]} if (best := said_in(block.plain).best) else set()
        if len(found) >= MOST:
            break
    if len(tried) == 1:
        found = [_with_tried(claim, *tried) for claim in found]
    return tuple(found[:MOST])


def _with_tried(claim: Claim, tried: int) -> Claim:
    named = claim.best_of is not None or claim.about is not None or claim.gain
    return claim if named else replace(claim, tried_elsewhere=tried)


def _of_paragraph(block: Block) -> Iterator[Claim]:
    whole = said_in(block.plain)
    for sentence in block.sentences():
        mentions = mentions_in(sentence.plain)
        if mentions:
            yield from _of_sentence(sentence, mentions, whole)


def _of_sentence(sentence: Block, mentions: list[Mention], whole: Said) -> Iterator[Claim]:
    text = sentence.plain
    said = said_in(text)
    waiting: Mention | None = None
    for place, mention in enumerate(mentions):
        before = text[mentions[place - 1].end if place else 0 : mention.start]
        following = mentions[place + 1] if place + 1 < len(mentions) else None
        if place == 0 and not mention.gain and _other_first(text, before, mention, following):
            waiting = mention  # "beats 91% with 93%": the other's value comes first
            continue
        if place and _VERSUS.search(before) and not mention.gain and waiting is None:
            continue  # it was taken as what the one before is compared with
        against = waiting or _against(text, mention, following)
        waiting = None
        yield _claim(sentence, mention, against, mentions, said, whole)


def _other_first(text: str, before: str, mention: Mention, following: Mention | None) -> bool:
    if following is None or following.gain or not _VERSUS.search(before):
        return False
    return not _VERSUS.search(text[mention.end : following.start])


def _against(text: str, mention: Mention, following: Mention | None) -> Mention | None:
    if following is None or following.gain or mention.gain:
        return None
    return following if _VERSUS.search(text[mention.end : following.start]) else None


def _claim(
    sentence: Block,
    mention: Mention,
    against: Mention | None,
    mentions: list[Mention],
    said: Said,
    whole: Said,
) -> Claim:
    counted = metric_of(sentence.plain, mention, mentions)
    if counted is None and against is not None:
        counted = metric_of(sentence.plain, against, mentions)
    best, attempts = (
        (said.best, said.attempts) if said.best or said.attempts else (whole.best, whole.attempts)
    )
    quote, line = sentence.quoted()
    return Claim(
        quote=quote,
        line=line,
        value=mention.value,
        decimals=mention.decimals,
        gain=mention.gain,
        up_to=mention.up_to,
        metric=counted.name if counted else None,
        successes=mention.successes,
        n=mention.whole or _size(mention, against, said) or only([n for _, n in whole.sizes]),
        best_of=best[0] if best else None,
        best_of_what=best[1] if best else None,
        attempts=attempts,
        runs=said.runs or whole.runs,
        dataset=said.dataset or whole.dataset,
        against=against.value if against else None,
        against_n=against.whole or _size_of_other(against, mention, said) if against else None,
    )


def _size(mention: Mention, against: Mention | None, said: Said) -> int | None:
    """The number of examples that stands nearest behind a score, else nearest before it."""
    other = against.start if against and against.start > mention.end else None
    behind = [n for place, n in said.sizes if place >= mention.end and (other is None or place < other)]
    before = [n for place, n in said.sizes if place < mention.start]
    later = [n for place, n in said.sizes if place >= mention.end]
    return next(iter(behind), None) or next(iter(reversed(before)), None) or only(later)


def _size_of_other(against: Mention, mention: Mention, said: Said) -> int | None:
    end = mention.start if mention.start > against.end else None
    return next((n for place, n in said.sizes if place >= against.end and (end is None or place < end)), None)
