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

__all__ = ["deeds", "hollowness", "marks", "substance"]

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
    r"|\b\d{1,2} (?:january|february|march|april|may|june|july|august|september|october|november|december)\b",
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
    r"|important|comprehensive|structured|conversations?|nowadays|huge|dramatically|at stake"
    r"|ultimately|ideally"
    r"|customer.centric|best|many (?:options|angles)|quality bar|over time|real world|(?:adjust"
    r"|adapt) accordingly"
    r"|adjusted? accordingly|double.check it|i trust|hopefully|gold standard|latest model|press release|moat"
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
    r"|vendor lock.in|multi.cloud|sync|tooling|no problem|not a problem|no need to|practically)\b",
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


def deeds(text: str) -> int:
    """How many things a sentence says that somebody would do."""
    return len(_DOES.findall(text.replace("’", "'")))


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


def hollowness(text: str) -> int:
    """How many words in a sentence could stand in any answer to any question."""
    return len(_HOLLOW.findall(text))
