"""What makes a sentence specific, and what makes it hollow.

Nothing here depends on how long the answer is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipworthy.playbook.interviews import Mark

__all__ = ["deeds", "firmness", "hollowness", "marks", "substance", "vagueness", "working"]

_NUMBER_WORDS = (
    r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty"
    r"|sixty|seventy"
    r"|eighty|ninety|hundreds?|thousands?|millions?|half|twice|third|quarter|dozen|zero|none|tenth"
    r"|fifth|eighth|one in|one or two"
)
_NUMBER = rf"(?:[$€£]?\d[\d.,]*\s?%?|\b(?:{_NUMBER_WORDS})\b)"
_PATTERNS: Mapping[Mark, str] = {
    "number": _NUMBER,
    "limit": r"\b(?:at least|at most|no more than|more than|less than|fewer than|under|over|above"
    r"|below|up to|within"
    rf"|minimum|maximum|by|around|to|at|past|than|until)\s+(?:roughly |about |around |a |an |only )?{_NUMBER}"
    r"|\b(?:lower|upper) (?:end|bound)|\bthe bar\b|\bzero \w+|\bnone at all\b|\bany (?:flip|miss)\w*",
    "money": r"[$€£]\s?\d|\b(?:dollars?|euros?|cents?|pounds?|eur|usd|margin|revenue|refunds?|lawsuit"
    r"|price|salary)\b",
    "time": rf"{_NUMBER}\s+(?:more )?(?:seconds?|minutes?|hours?|days?|weeks?|months?|quarters?|years?)\b"
    r"|\b(?:today|tonight|tomorrow|monday|friday|noon|night|same day|last month|this week|by (?:june"
    r"|may|march))\b"
    r"|\b\d{1,2} (?:january|february|march|april|may|june|july|august|september|october|november"
    r"|december)\b",
    "condition": r"\b(?:if|when|whenever|unless|until|once|only if|as soon as|otherwise|provided"
    r"|whatever|as long as"
    r"|anything|any \w+ (?:that|under|over|above|below))\b",
    "cause": r"\b(?:because|since|so that|otherwise|which means|that means|means|that's why|due to|or"
    r" else|as (?:they|it"
    r"|we|an?|nobody|the|those|one|words|people)|hence|therefore|so (?:i|we|it|the|nobody|there|that"
    r"|at|this)|leads? to"
    r"|caused|comes from|matters?|costs?)\b|:\s",
    "contrast": r"\b(?:instead|rather than|versus|vs|but|than|although|while|not (?:just|only|the|by"
    r"|at|a|all|an)|without"
    r"|compared|against|whereas|though|before|and not|the other way)\b",
    "example": r"\b(?:for example|for instance|say|suppose|like (?:when|equal|tone|latency)"
    r"|last time|at my"
    r"|in our (?:case|logs)|with us|it was|turned out|taught me|once|e\.g\.)|\bour own\b",
    "name": r"(?<=[a-z,;] )(?!I\b|I'|AI\b|A/B|LLM|ML\b|PM\b|KPI|NPS|UX\b|RAG\b|RICE|ROI\b|CEO\b|VP\b"
    r"|PR\b|SLA|API|OK\b"
    r"|TV|IT\b|F1|AUC|BLEU|IP\b|GDPR|RAID|RACI|MLOps|GPU)[A-Z][\w'’-]+",
    "quote": r"[\"“][^\"”]{3,}[\"”]",
}
_EXPECTED = {"number": 2, "limit": 1, "condition": 1, "cause": 1, "contrast": 1, "time": 1, "money": 1}
_HOLLOW = re.compile(
    r"\b(?:best practices?|holistic\w*|robust\w*|mindset|delight\w*|journey|passionate|at the end of"
    r" the day|top"
    r" priority|utmost|(?:super|really|very|extremely|most) (?:important|powerful|valuable|serious\w*"
    r"|well|happy)"
    r"|importan(?:t|ce)|game.changer|seamless|world.class|leverag\w+|synerg\w+|align\w*|buy.in"
    r"|stakeholders?|rally\w*"
    r"|celebrat\w+|empath\w+|continuous(?:ly)? improv\w+|culture|agil\w+|innovat\w+|future.proof|scalab\w+"
    r"|cutting.edge|state.of.the.art|beauty of|belie(?:ve|ver) in|i believe|big believer|great"
    r"|excit\w+|opportunit\w+"
    r"|amazing|as soon as possible|proactive\w*|overcommunicat\w+|divers(?:e|ity)|values|at the heart"
    r"|responsible ai"
    r"|of course|obviously|definitely|basically|honestly|generally|always|everyone|everybody|all of"
    r" the|win\w*"
    r"|key is|(?:work|working) (?:very )?closely|iterate quickly|feedback|insights?|transparen\w+|trust\w*"
    r"|ensure|make sure|strong\w*|success\w*|opinion|dynamic|momentum|confident|reputation|challenge"
    r"|strategic?\w*"
    r"|important|comprehensive|structured|nowadays|huge|dramatically|at stake"
    r"|ultimately|ideally"
    r"|customer.centric|best|many (?:options|angles)|quality bar|over time|real world|(?:adjust"
    r"|adapt) accordingly"
    r"|adjusted? accordingly|double.check it|i trust|hopefully|gold standard|latest model"
    r"|press release|moat"
    r"|proprietary|investors?|leadership|long.term|for free|anyway|extremely|absolutely|so on|etc|in"
    r" general|in practice|in my experience|famil(?:y|iar)|engage\w*|communicat\w+|explore\w*"
    r"|enough data|more data|a lot of|lots of|continuous\w*|regular\w*|openly|mitigat\w+|framework|vision"
    r"|mlflow|kubeflow|langchain|confluence|raci|okrs?|smote|focal loss|softmax|bertscore|rouge|data"
    r" augmentation"
    r"|transfer learning|rerank\w*|chunking|mlops|devops|deep learning|machine learning|generative ai"
    r"|big data"
    r"|neural networks?|industry standard|north star|guard.?rails|policies|modern|next.gen\w*|next"
    r" model generation"
    r"|first mover|known issue|take .{2,20} seriously|fully automated|(?:more|up) to date|lighthouse"
    r"|people person"
    r"|comfortable|consent in the|productivity|uplift|brand|experience|usually|obvious|typically"
    r"|business need"
    r"|play\w* (?:a|an|its) (?:\w+ )?(?:role|part)|foundation|great deal|step back|(?:should"
    r"|must) never forget"
    r"|details? matter|every situation|vendor lock.in|multi.cloud|sync|tooling|no problem"
    r"|not a problem|no need to|practically)\b",
    re.IGNORECASE,
)


@cache
def _compiled() -> dict[Mark, re.Pattern[str]]:
    flags = dict.fromkeys(_PATTERNS, re.IGNORECASE) | {"name": re.RegexFlag(0)}
    return {name: re.compile(pattern, flags[name]) for name, pattern in _PATTERNS.items()}


_DOES = re.compile(
    r"\b(?:i|we|they|you|people|somebody|it)(?:'d| would| should| could| can|'ll| will)? (?:also "
    r"|then |first |only"
    r" |always |never |rather |usually |not |n't )?(?:label|compare|measure|count|calculate|estimate"
    r"|choose|pick|check"
    r"|remove|route|send|split|hold|keep|test|run|ask|read|set|treat|limit|randomi[sz]e|label|list"
    r"|put|show|slice"
    r"|break|take|look|find|buy|stop|wait|start|rewrite|separate|grade|collect|block|mask|pin|replay"
    r"|swap|plant|hand"
    r"|give|drop|leave|turn|switch|tell|say|write|track|log|sample|rank|report|add|move|release|watch"
    r"|need|agree|try"
    r"|revisit|retrain|require|confirm|see|cut|cache|shorten|offer|record|pay|call|sign|decline|fix"
    r"|exclude|cap)\b"
    r"|^\W*(?:then|first|next|also|and|so|until then|if not)?,? ?(?:label|compare|measure|count|check"
    r"|remove|test|run|ask"
    r"|read|look|find|route|send|show|split|take|find out|roll|retrain|add|tell|shorten)\b",
    re.IGNORECASE,
)


_WOULD = re.compile(
    r"\b(?:i|we|they|he|she|it|model|bot|assistant|users?|agents?|experts?|person|nobody)(?:'d|'ll"
    r"| would| will| should"
    r"| must| may| can| has to| have to)(?: not| never| only| also| then| first| rather"
    r"| always)? (?!be\b|have\b|like\b"
    r"|love\b|want\b|think\b|feel\b|go\b|work\b|get\b|need\b|try\b|make\b|say\b|ensure\b|never\b"
    r"|use\b|improve\b"
    r"|help\b|bring\b|involve\b|talk\b|communicate\b|also\b|always\b|definitely\b|just\b|focus\b"
    r"|support\b|see\b"
    r"|monitor\b|discuss\b|align\b|schedule\b|update\b|educate\b|learn\b|optimi|leverag|explain\b"
    r"|understand\b)[a-z]{3,}"
    r"|\bi (?!be\b|am\b|do\b|have\b|think\b|believe\b|love\b|feel\b|like\b|want\b|would\b|was\b"
    r"|will\b|can\b|know\b"
    r"|mean\b|guess\b|hope\b|trust\b|agree\b|see\b|always\b|really\b)(?:also |then |only "
    r"|first )?[a-z]{3,}\b",
    re.IGNORECASE,
)


def deeds(text: str) -> int:
    """How many things a sentence says that somebody would do."""
    plain = text.replace("’", "'")
    return max(len(_DOES.findall(plain)), len(_WOULD.findall(plain)))


def marks(text: str) -> dict[Mark, float]:
    """How far each mark is present in a sentence, from 0 to 1; absent ones are left out."""
    found = {name: len(pattern.findall(text)) for name, pattern in _compiled().items()}
    return {name: min(1.0, count / _EXPECTED.get(name, 1)) for name, count in found.items() if count}


def substance(found: Mapping[Mark, float], wants: Iterable[Mark], *, more: float = 0.0) -> float:
    """How specific a sentence is for a criterion that wants these marks, from 0 to 1.

    Args:
        found: The sentence's marks.
        wants: The marks that count most.
        more: What else makes it specific, on the same scale as a mark's share.
    """
    wanted = set(wants)
    total = sum(strength * (0.55 if name in wanted else 0.2) for name, strength in found.items())
    return 1 - exp(-total - more)


_FIRM: Mapping[Mark, float] = {
    "number": 0.8, "limit": 0.4, "money": 0.4, "time": 0.3, "condition": 0.6, "cause": 0.35, "contrast": 0.4,
    "example": 0.5, "name": 0.2, "quote": 0.6,
}  # fmt: skip
_WORK = re.compile(
    r"\b(?:wrong(?:ly)?|errors?|mistakes?|mis(?:s|sed|ses|sing)|invented|correct(?:ed|ly|ion|ions)?"
    r"|sampl\w+"
    r"|random\w*|label\w*|count(?:s|ed|ing)?|compar\w+|check(?:s|ed|ing)?|mark(?:s|ed)?|read(?:s|ing)?"
    r"|cases?|rows?|logs?|logged|transcripts?|examples?|questions?|sets?|lists?|groups?|segments?|slices?"
    r"|split|separate\w*|each|per|both|same|only|alone|again|still|back|until|whether|which"
    r"|how (?:often|many|much)"
    r"|threshold|cut.?off|limits?|drops?|falls?|rises?|thin|rare|half|hold|held|block(?:s|ed)?|queue"
    r"|route[ds]?"
    r"|send(?:s|ing)?|sent|hand(?:s|ed)? over|person|agents?|clerks?|switch(?:ed)?|off|undo|undone"
    r"|revers\w+"
    r"|version\w*|old|previous|today|now|retrain\w*|replay|rerun|redo|remov\w+|delet\w+|access|retriev\w+"
    r"|sources?|articles?|passages?|cost[s]?|worth|price|volume|hours?|instead|fewer|less|lose|loses|lost"
    r"|confirm\w*|approv\w+|overrid\w+|appeal\w*|provider|deployer|high.risk|prohibited|annex"
    r"|decid\w+|stops?|stopped|agree\w*|disagree\w*|differ\w*|unsure|consent\w*|limited|restrict\w*"
    r"|names|personal data|helpline|suggests?|executes?|certain|known|weakness\w*)\b",
    re.IGNORECASE,
)
"""Words of doing and telling apart, which somebody uses who says how."""
_VAGUE = re.compile(
    r"\b(?:good|better|well|nice\w*|proper\w*|careful\w*|thorough\w*|various|several factors"
    r"|appropriate\w*|adequate"
    r"|relevant|necessary|quality|improv\w+|optimi[sz]\w+|performance|perform\w*|solutions?|solve\w*"
    r"|issues?"
    r"|discuss\w*|meetings?|workshops?|collaborat\w+|together|involve\w*|monitor(?:ing)? (?:it"
    r"|everything|closely)"
    r"|depends on many|balanc\w+|satisf\w+|happy|love\w*|think|feel\w*|perfect\w*|powerful|advanced"
    r"|professionalism"
    r"|expert team|clear\w*|simple|easy|easily|simply|fast|quick\w*|fully|high(?!.risk)\w*|low|useful"
    r"|helpful|valuable"
    r"|effective\w*|efficien\w+|accurate|reliable|safe|secure|ethic\w*|compliant|compliance"
    r"|standards?|process\w*"
    r"|control|solid|rigorous|understand\w*|awareness|educat\w+|training sessions?|mitigations?"
    r"|considerations?"
    r"|consider\w*|factors?|aspects?|overall|needs|goals?|expectations?|priorit\w+|focus\w*"
    r"|approach\w*|strategy|plan"
    r"|in place|on board|up to speed|eye on|everything|anything|something|somehow|maybe|probably|hope"
    r"|try to"
    r"|will be fine|no worries|will tell us|let us know|as needed|if needed|if something|whatever"
    r"|the (?:right|best) \w+|technolog\w+|latest|newest|future|world|market\w*|competit\w+|companies"
    r"|business"
    r"|everywhere|nobody cares|everyone does|anyone|all the time|any issues?|nothing to)\b",
    re.IGNORECASE,
)
"""Words that praise or promise and leave open what is done; weaker than the hollow ones."""


def working(text: str) -> int:
    """How many different words of doing and telling apart are in it."""
    return len({match.group().casefold() for match in _WORK.finditer(text)})


def vagueness(text: str) -> int:
    """How many words praise or promise something and leave open what is done."""
    return len({match.group().casefold() for match in _VAGUE.finditer(text)})


_HARD: frozenset[Mark] = frozenset({"number", "limit", "money", "time", "example", "quote"})
_TALK = 0.45
"""What is left of a sentence in which nobody does anything and nothing is sized."""
_LEAST, _BUSY = 0.1, 2


def firmness(text: str, found: Mapping[Mark, float]) -> float:
    """How much a sentence says that somebody else could act on, from 0 to 1, whatever it is about."""
    done = deeds(text)
    work = working(text)
    said = sum(_FIRM[name] * strength for name, strength in found.items())
    plain = 0.55 ** hollowness(text) * 0.85 ** vagueness(text)
    told = 1.0 if done or not _HARD.isdisjoint(found) or work >= _BUSY else _TALK
    worth = told * plain * (1 - exp(-(said + 0.22 * min(5, work) + 0.4 * min(2, done)) / 1.7))
    return max(0.0, worth - _LEAST) / (1 - _LEAST)


def hollowness(text: str) -> int:
    """How many words in a sentence could stand in any answer to any question."""
    return len(_HOLLOW.findall(text))
