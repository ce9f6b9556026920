"""The words of a text as they are compared: content words without their endings, names, numbers, opposites.

English endings, stop-words and opposites are known; words of other languages are compared as they are
written. Nothing here has learnt from data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from shipworthy.retrieval.words import spaced

__all__ = [
    "NUMBER_WORDS",
    "content_words",
    "covered",
    "denies",
    "is_content",
    "names",
    "nearly_covered",
    "nearness",
    "numbers",
    "opposites",
    "stem",
    "stems",
    "words",
]

_WORD = re.compile(r"\d+(?:[.,]\d+)*|\w+(?:['’]\w+)*")
_LONG = 5  # letters from which on a word is recognised by its beginning
_LONGEST = 20_000  # characters that are looked at: a text beyond this is no sentence and no passage

_STOP = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before being below
    between both but by can cannot could d did didn do does doesn doing don down during each either else ever
    few for from further get gets got had has have having he her here hers herself him himself his how
    however i if in into is isn it its itself just ll m many may me might more most much must my myself no
    nor not now of off on once one only onto or other our ours out over own per please re s same shall she
    should so some such t tell than that the their theirs them themselves then there these they this those
    through thus to too under until up upon us ve very via was wasn we were what whatever when where
    whether which while who whom whose why will with within without would yes you your yours
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
_DENIALS = frozenset(
    "not no never none nobody nothing neither nor without cannot except hardly rarely seldom unless".split()  # noqa: SIM905
)
NUMBER_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1_000,
    "million": 1_000_000, "billion": 1_000_000_000,
}  # fmt: skip
"""Numbers that are written as words."""

_ENDINGS = (
    ("ational", "ate"), ("ization", "ize"), ("isation", "ize"), ("ations", "ate"), ("ation", "ate"),
    ("ements", "e"), ("ement", "e"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"),
    ("ically", "ic"), ("ities", "ity"), ("ings", ""), ("ing", ""), ("edly", ""), ("ies", "y"), ("ied", "y"),
    ("sses", "ss"), ("ers", "er"), ("ly", ""), ("ed", ""), ("es", "e"), ("s", ""),
)  # fmt: skip

_OPPOSITES = """
    able:unable abnormal:normal above:below absent:present accept:refuse,reject accurate:inaccurate
    active:inactive,passive add:remove,subtract admit:deny after:before agree:disagree
    allow:ban,deny,forbid,prevent,prohibit ally:enemy always:never,rarely,sometimes ancient:modern
    annual:daily,monthly,weekly appear:disappear approve:reject approximate:exact arrive:depart,leave
    artificial:natural ascend:descend attack:defence,defend atypical:typical backward:forward bad:good
    begin:end,finish beginning:end best:worst better:worse big:little,small bottom:top bounded:unbounded
    bright:dark,dim broad:narrow build:destroy buy:sell capture:release cause:prevent central:peripheral
    cheap:expensive clear:unclear close:open closed:open cold:hot,warm combine:separate,split
    common:rare,uncommon commonly:rarely complete:incomplete,partial complex:simple
    complexity:simplicity complicated:simple compulsory:optional,voluntary conclude:start
    connect:disconnect connected:unconnected conservative:liberal consistent:inconsistent
    contract:expand correct:incorrect,wrong create:destroy daily:weekly dangerous:safe dark:light
    day:night decline:increase,rise decrease:grow,increase,rise deep:shallow defeat:victory,win
    definite:indefinite deny:grant dependent:independent deterministic:nondeterministic
    different:identical,same,similar difficult:easy difficulty:ease,simplicity direct:indirect
    directly:indirectly disable:enable discourage:encourage dissimilar:similar divide:unite
    domestic:foreign double:single drop:increase dry:wet earlier:later earliest:latest early:late,later
    east:west eastern:western easy:hard efficient:inefficient employed:unemployed empty:full
    enable:prevent end:start enemy:friend enter:exit,leave equal:unequal even:odd everyone:nobody
    exclude:include excluded:included expand:shrink expense:income expensive:inexpensive
    explicit:implicit export:import exterior:interior external:internal fail:pass,succeed
    failure:success fall:rise false:true famous:unknown far:near fast:slow faster:slower fastest:slowest
    favor:oppose favour:oppose female:male few:many fewer:more fewest:most final:first,initial find:lose
    finish:start finite:infinite first:last,second,third follow:lead,precede forbid:permit
    forget:remember formal:informal former:latter free:occupied frequently:rarely full:part,partial
    future:past gain:lose,loss general:particular,specific global:local good:poor grant:refuse
    greater:less,lesser,smaller greatest:least,smallest grow:shrink guilty:innocent hard:soft
    healthy:sick,unhealthy heavier:lighter heavy:light high:low higher:lower highest:lowest huge:tiny
    illegal:lawful,legal immature:mature important:unimportant impossible:possible increase:reduce
    inferior:superior inner:outer input:output inside:outside insufficient:sufficient invalid:valid
    invisible:visible involuntary:voluntary irregular:regular irrelevant:relevant
    irreversible:reversible joint:separate junior:senior known:unknown large:little,small larger:smaller
    largest:smallest lawful:unlawful least:most leave:stay left:right length:width less:more like:unlike
    limited:unlimited little:much long:short longer:shorter longest:shortest lose:win loser:winner
    loss:profit,win loud:quiet lower:raise,upper main:minor major:minor majority:minority man:woman
    mandatory:optional,voluntary maximal:minimal maximum:minimum men:women merge:split modern:old
    monthly:weekly multiple:single narrow:wide negative:positive never:sometimes,usually new:old
    newer:older newest:oldest north:south northern:southern offline:online often:rarely old:young
    older:younger oldest:youngest open:secret oppose:support opposite:same optional:required
    ordinary:special over:under paid:unpaid parallel:perpendicular partial:total peace:war
    permanent:temporary permit:prohibit poor:rich popular:unpopular powerful:powerless,weak
    private:public public:secret pull:push quick:slow quickly:slowly rapid:slow rapidly:slowly
    rarely:typically,usually reject:support related:unrelated right:wrong rough:smooth rural:urban
    safe:unsafe second:third short:tall stable:unstable start:stop strength:weakness strengthen:weaken
    strong:weak stronger:weaker strongest:weakest summer:winter thick:thin typical:unusual
    uniform:varied unusual:usual useful:useless with:without
"""
_PREFIXES = ("un", "in", "im", "ir", "il", "non", "non-", "dis", "a", "mis")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """A word without its English ending, in lower case; numbers as digits, short words as they are."""
    word = word.casefold().replace("’", "'").split("'")[0]
    if word in NUMBER_WORDS and word != "one":
        return str(NUMBER_WORDS[word])
    if len(word) <= 3 or not word.isalpha():
        return word.replace(",", "") if word[:1].isdigit() else word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            if ending != "s" or not word.endswith(("ss", "us", "is")):
                word = word[: -len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    word = word[:-1] if len(word) > 3 and word.endswith("e") else word
    return word[:-1] + "i" if len(word) > 3 and word.endswith("y") else word


def words(text: str) -> list[str]:
    """The words and numbers of a text as they are written."""
    return _WORD.findall(spaced(text[:_LONGEST]))


def is_content(word: str) -> bool:
    """Whether a word says something by itself."""
    return word.casefold().replace("’", "'").split("'")[0] not in _STOP


def content_words(text: str) -> list[str]:
    """The words of a text that say something by themselves, as they are written."""
    return [word for word in words(text) if is_content(word)]


def stems(text: str) -> list[str]:
    """The stems of a text's content words, in order."""
    return list(_stems(text))


@lru_cache(maxsize=2_000)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in content_words(text))


def names(text: str) -> set[str]:
    """Stems of words that are written with a capital where no sentence begins."""
    found = set()
    begins = True
    text = spaced(text[:_LONGEST])
    for match in _WORD.finditer(text):
        word = match[0]
        if not begins and word[0].isupper() and is_content(word):
            found.add(stem(word))
        behind = text[match.end() : match.end() + 2].lstrip("\"'”’)")
        begins = behind[:1] in {".", "!", "?", ":"}
    return found


def numbers(text: str) -> set[str]:
    """The numbers of a text, whether in digits or in words, as digits; ``one`` is no number in most texts."""
    found = set()
    for word in words(text):
        if word[0].isdigit():
            found.add(word.replace(",", "").rstrip("."))
        elif word.casefold() in NUMBER_WORDS and word.casefold() != "one":
            found.add(str(NUMBER_WORDS[word.casefold()]))
    return found


def denies(text: str) -> bool:
    """Whether a text says no to something."""
    return any(
        word.casefold() in _DENIALS or word.casefold().endswith(("n't", "n’t")) for word in words(text)
    )


@lru_cache(maxsize=50_000)
def opposites(word: str) -> frozenset[str]:
    """Stems of words that say the opposite: of a short list, and with or without a denying prefix."""
    folded = stem(word)
    return _opposites().get(folded, frozenset()) | _prefixed(folded)


def _prefixed(word: str) -> frozenset[str]:
    with_one = {prefix + word for prefix in _PREFIXES if len(word) > 3}
    without = {
        word[len(prefix) :] for prefix in _PREFIXES if word.startswith(prefix) and len(word) - len(prefix) > 4
    }
    return frozenset(with_one | without)


@lru_cache(maxsize=1)
def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for entry in _OPPOSITES.split():
        word, _, others = entry.partition(":")
        for other in others.split(","):
            found.setdefault(stem(word), set()).add(stem(other))
            found.setdefault(stem(other), set()).add(stem(word))
    return {word: frozenset(others) for word, others in found.items()}


def covered(wanted: Iterable[str], there: set[str]) -> float:
    """Share of the wanted words that are there, longer ones counting more; 1 where nothing is wanted."""
    weights = {word: _weight(word) for word in wanted}
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in there) / total if total else 1.0


def nearly_covered(wanted: Iterable[str], there: set[str]) -> float:
    """As :func:`covered`; a word of which only another form is there counts 0.8."""
    weights = {word: _weight(word) for word in wanted}
    total = sum(weights.values())
    return sum(weight * nearness(word, there) for word, weight in weights.items()) / total if total else 1.0


def nearness(word: str, there: set[str]) -> float:
    """1 where a stem is there, 0.8 where one with the same first 70% is (*invent*, *inventor*), else 0.

    Coarse on purpose: *invest* passes for *invent* too.
    """
    if word in there:
        return 1.0
    begins = word[: max(4, int(len(word) * 0.7))] if len(word) >= _LONG and word.isalpha() else None
    return 0.8 if begins and any(other.startswith(begins) for other in there) else 0.0


def _weight(word: str) -> float:
    """Long words and numbers say more: a stand-in for how rare a word is, which needs a corpus."""
    return 1.5 if word[:1].isdigit() else min(2.0, 0.5 + len(word) / 6)
