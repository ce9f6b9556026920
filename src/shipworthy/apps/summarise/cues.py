"""What in a line of talk points at an action item, a decision, an open question or a risk.

The cues are English. Cues and weights are a person's guess, written down: nothing here was fitted to
anybody's meetings. The families follow the papers below: who gives out work, who takes it on, until when,
what is said when a thing is settled, and whether the others agree. Whoever has labelled meetings can have
the weights fitted to them (``fitting.py``).

References:
    Purver, Dowding, Niekrasz, Ehlen, Noorbaloochi & Peters (2007), Detecting and summarizing action items
    in multi-party dialogue. SIGdial.
    Fernández, Frampton, Ehlen, Purver & Peters (2008), Modelling and detecting decisions in multi-party
    dialogue. SIGdial.
"""

# ruff: noqa: E501 - patterns are read whole
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from shipworthy.evals.jobs.outputs import ItemKind

__all__ = ["CUES", "ROLE", "Cues", "agrees", "named_cue", "plain"]

_FILLER = re.compile(
    r"(?<![\w'])(?:u+h+m*|u+m+|er+m*|h+m+|m+h*m*|mm-hmm|you know|i mean|sort of|kind of|sorta|kinda|basically"
    r"|actually|just|probably|maybe|also|well|like)(?![\w'])[,.]?"
)
_AGAIN = re.compile(r"(?<![\w'-])((?:[\w'-]+ ){0,3}[\w'-]+)(?: \1(?![\w'-]))+")
_STUTTER = re.compile(
    r"(?<![\w'])(?:(?!(?:i|a|my|me|we|he|us|it|is|if|in|on|of|or|so|to|up|as|at|an|am|be|by|do|go|no|oh|ok|hi)\b)"
    r"[a-z]{1,2} )+(?=[a-z])"
)
_SPACE = re.compile(r"[\s,]+")
_LONGEST = 600


def plain(text: str) -> str:
    """The words of a line in small letters, without fillers, stutters and repetitions."""
    flat = text[:_LONGEST].replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("_", "").casefold()
    flat = _SPACE.sub(" ", _FILLER.sub(" ", _SPACE.sub(" ", flat))).strip()
    return _AGAIN.sub(r"\1", _STUTTER.sub("", flat)).strip()


_DO = (
    "(?:work|do|doing|look|find|check|send|e-?mail|mail|post|put|write|type|prepare|finish|complete|fill|make"
    "|design|draw|produce|think|investigate|research|figure|contact|call|ask|talk|discuss|speak|schedule|book"
    "|set|create|build|test|fix|review|update|share|add|focus|concentrate|evaluate|explore|consult|get|come"
    "|follow|try|take|start|begin|specify|decide|bring|present|show|deliver|provide|receive|collect|organi[sz]e"
    "|arrange|order|ship|draft|circulate|upload|attach|watch|develop|implement|see|keep|sort|handle|print|give"
    "|remind|confirm|gather|read|go|play|file|raise|chase|ping|own|invite|publish|announce|negotiate|pull)"
)
ROLE = (
    "(?:designers?|experts?|managers?|engineers?|developers?|analysts?|directors?|specialists?|executives?"
    "|marketing|marketers?|department|team leads?|leads?|secretary|assistants?|coordinators?|editors?"
    "|accountants?|lawyers?|legal|finance|sales|support|research and development|r and d|procurement)"
)
"""People by what they do."""
_WILL = "(?:'ll| will|(?:'re| are|'m| am|'s| is)? (?:gonna|going to)| shall)"
_ASKING = (
    r"^(?:and |so |but |okay )*(?:(?:what|why|how|who|where|which|when)\b"
    r"|(?:do|does|did|is|are|was|were|shall|have|has|can|could|would|should|will) "
    r"(?:i|you|we|they|it|he|she|there|that|this|the|anybody|anyone|everybody|everyone)\b)"
)

_ACTION: Mapping[str, tuple[float, str]] = {
    "you will": (
        3.0,
        rf"\byou(?: two| guys| all| both| each)?{_WILL}(?: \w+)? (?:be |have to |to )?(?:\w+ing|{_DO})\b",
    ),
    "you are on it": (
        2.0,
        r"\byou(?:'re| are)(?: \w+)? (?:looking|working|watching|doing|making|handling|checking|writing"
        r"|taking care)\b",
    ),
    "you should": (
        2.0,
        r"\byou(?: two| guys| all| both| each)?(?: have|'ve got| need| got| ought|'re supposed| are supposed) to"
        rf" (?:\w+ )?{_DO}\b|\byou (?:should|must)(?: \w+)? {_DO}\b|\bif you can\b|\byou each\b|^supposed to\b",
    ),
    "you could": (
        1.2,
        rf"\byou (?:can|could)(?: \w+)? {_DO}\b",
    ),
    "request": (
        2.5,
        rf"\b(?:can|could|would|will) (?:you|someone|somebody|everyone|anyone|one of you)(?: guys| please| all)?"
        rf" {_DO}\b"
        r"|\bi(?:'d|'ll| would| will)?(?: really)? (?:like|want|need|ask) (?!(?:it|this|that|something|an?)\b)"
        r"(?:\S+ ){1,4}to\b"
        r"|\b(?:someone|somebody|everyone|everybody|one of us) (?:should|needs? to|has to|must|ought to)\b"
        r"|\bif (?:everyone|you guys|someone) could\b|\b(?:would be|that'd be) (?:great|good|nice|helpful) if\b"
        rf"|\bplease (?:\w+ )?{_DO}\b|\bleave (?:it|that|this) to\b|\bi (?:would|'d) like to (?:see|receive|have)\b|\bremember to\b|\bdon't forget\b",
    ),
    "I will": (
        2.0,
        rf"\bi(?:'ll| will| shall|'m gonna|'m going to| am going to| am gonna)(?: \w+)? {_DO}\b"
        rf"|\blet me {_DO}\b|\bi(?:'ll| will) (?:do|take) (?:that|it|this|care)\b"
        r"|\bi (?:have|need|got|'ve got) to (?:\w+ )?(?:write|finish|make|check|find|send|prepare|do|look|ask"
        r"|figure)\b|\bi can (?:send|check|look|find|ask|do|write|put|take|e-?mail|share)\b"
        r"|\bi'm supposed to\b|\bi(?:'ll| will) (?!be\b|see you|say\b|show\b|tell\b|go\b|just\b)\w{4,}|\bi will\b$|\b(?:on|leave) (?:it|that) (?:to|with) me\b|\bi'm on it\b",
    ),
    "we have to": (
        0.8,
        r"\bwe(?:'ll| all| each| both)* (?:have|need|got|gotta|ought|are gonna|'re gonna|'re going to"
        rf"|are going to|will|should|must)(?: \w+)?(?: to)? (?:\w+ )?{_DO}\b|\bwe(?:'ll| will) (?:each |all )?(?:{_DO}\b|be \w+ing)",
    ),
    "role will": (
        2.0,
        rf"\b{ROLE}(?: \w+)? (?:will|gonna|is|are|should|can|could|has to|have to|to|needs to|gets? to|works?)\b",
    ),
    "for you": (
        1.2,
        r"\b(?:you two|two of you|both of you|you both|for you\b|you guys|work(?:ing)? together)",
    ),
    "role": (
        1.8,
        r"\b(?:the|our|for|as|a|and|industrial|user interface|interface|project|product|sales|account|general)"
        rf"\s(?:\w+ )?{ROLE}\b|^{ROLE}\b",
    ),
    "work": (
        1.5,
        r"\b(?:work(?:ing)? (?:on|out|together)|look(?:ing)? (?:into|at|for|around)|find(?:ing)? out"
        r"|figure (?:\w+ )?out|check(?:ing)? (?:with|that|out|on|whether|if)|think(?:ing)? about|come up with"
        r"|take a look|follow(?:ing)? up|get (?:hold|back|in touch)|focus(?:ed)? on|concentrate on|put together"
        r"|write up|do (?:some|the|an?)|investigate|send|e-?mail (?:it|you|me|us|that|them|the|out|him|her|your|everyone)|evaluat(?:e|ing)|consult|prepare"
        r"|fill (?:out|in)|complete|finish|reach out|set up)\b",
    ),
    "result": (
        1.5,
        r"\b(?:reports?|(?:the|my|our|these|those|your) minutes|minutes of|summar(?:y|ies)|questionnaires?|prototypes?|presentations?|slides|documents?"
        r"|folder|specifications?|specs|requirements|concept|evaluation|drafts?|proposal|plan|spreadsheet"
        r"|ticket|e-?mails?|tasks?|actions?|assignments?|instructions|(?!the|this|that|an?|your|my|our|same|great|good|nice|interesting|final)\w+ design|analysis|trends?|research"
        r"|mock-?ups?|sketch(?:es)?|deck|memo|agenda|invoice|contract|survey|list of)\b",
    ),
    "when": (
        0.5,
        r"\b(?:next (?:meeting|time|week|month|phase|session|sprint|step|half|thirty|\w+day)"
        r"|after (?:the|this) meeting|after lunch|before lunch|in the meantime|until then"
        r"|by (?:then|tomorrow|today|tonight|the end|next|mon|tues|wednes|thurs|fri|satur|sun|noon|close)\w*"
        r"|tomorrow|tonight|this (?:week|afternoon|evening)|half an hour|thirty minutes"
        r"|(?:mon|tues|wednes|thurs|fri)day|end of (?:the )?(?:day|week|month|quarter)|as soon as|deadline"
        r"|back to (?:our|your|the) (?:own |little )?(?:rooms?|places?|desks?|work|stations?)"
        r"|individual|later)\b",
    ),
    "action item": (
        1.0,
        r"\b(?:action(?:s| items?| points?)|to-?dos?|homework|assignments?|next steps?|assigned?)\b",
    ),
    "do it": (1.0, rf"^(?:and |so |then |okay |or |but |please )*(?:{_DO}|let's {_DO})\b(?! (?:that|it)s\b)"),
    "goodbye": (-3.0, r"\b(?:see you|bye|thanks|thank you|good work|welcome)\b"),
    "asks": (-1.2, _ASKING),
    "happened": (
        -0.4,
        r"\b(?:was|were|did|didn't|had|went|said|thought|i've|we've|they|people|users?|it's|that's|there's"
        r"|they're|he|she)\b",
    ),
    "supposes": (
        -0.6,
        r"\b(?:if you (?!can)|when you|you (?:don't|won't|wouldn't|didn't|do|think|want|like|can't|could have"
        r"|press|see)|would|wouldn't|might)\b",
    ),
    "here and now": (
        -0.5,
        r"\b(?:i'll (?:start|show|go|give|say|tell|skip|try and)|let's (?:see|go|move|start|look|have)|now"
        r"|we'll see|you'll see|you can see|as you|i'll be quick|my (?:presentation|name)|today|agenda"
        r"|minutes (?:left|to go))\b",
    ),
}

_DECISION: Mapping[str, tuple[float, str]] = {
    "decided": (
        1.5,
        r"\b(?:decided?|decisions?|agreed?(?! with)|settled?|we're (?:all )?(?:happy|agreed)"
        r"|final(?:ly|i[sz]ed)?|conclusion|consensus|approved?|chosen|choose|chose|signed off|all in favou?r)\b",
    ),
    "go with": (
        1.2,
        r"\b(?:go(?:ing|nna go)? (?:for|with)|stick(?:ing)? (?:to|with)|settle (?:for|on)|opt(?:ing)? for"
        r"|stay(?:ing)? with|keep(?:ing)? (?:it|the|to)|drop(?:ping)?|leave (?:it|out|that|the)|get rid|scrap"
        r"|ditch|skip|take (?:out|away)|put (?:it|the|that|them|in)|include|postpone|move (?:it|the \w+) to)\b",
    ),
    "we will": (
        0.6,
        r"\bwe(?:'ll| will|'re (?:not )?(?:gonna|going to)| are (?:not )?(?:gonna|going to)| gonna)\b",
    ),
    "let us": (0.6, r"\b(?:let's|shall we|we can (?:go|use|have)|we (?:can|could) (?:do|make) it|then we)\b"),
    "it will": (
        1.0,
        r"\b(?:it|this|that|the \w+(?: \w+)?|they|there)"
        r"(?:'ll| will|'s (?:gonna|going to)| is (?:gonna|going to)| (?:gonna|going to)) (?:be|have|come|look|cost|only|not)\b",
    ),
    "we want": (
        0.7,
        r"\bwe (?:don't |do not )?(?:want|need|have to|must|should)\b|\bno need\b"
        r"|\b(?:has|have|needs|need) to (?:be|have|look|come)\b|\bshould (?:be|have|come|look)\b|\bmust (?:be|have)\b",
    ),
    "surely": (
        0.7,
        r"\b(?:definitely|definite|certainly|for sure|obviously|absolutely|fixed|main|only|yes)\b",
    ),
    "recap": (
        0.4,
        r"\b(?:recap|sum(?:ming)? up|summari[sz]e|so far|overall|in summary|we've (?:got|decided|agreed)|we have"
        r"|so we|the idea is|the plan is|to confirm|to be clear)\b",
    ),
    "so": (0.5, r"^(?:okay |alright |right |yeah |and |then )*so\b"),
    "amount": (
        1.2,
        r"\b(?<!\d[.,])(?:\d[\d.,]{0,15}|one|two|three|four|five|six|ten|twelve|fifteen|twenty|thirty|forty"
        r"|fifty|hundred|thousand|million)\b.{0,20}\b(?:euros?|dollars?|pounds?|percent|per cent|million|people|years?|days?"
        r"|weeks?|[a-z]+s)\b",
    ),
    "instead": (0.4, r"\b(?:instead of|rather than|not the|without|no \w+|only)\b"),
    "asks": (-0.7, _ASKING),
    "unsure": (
        -0.6,
        r"\b(?:could|might|would|wouldn't|dunno|don't know|not sure|i think|i guess|if|suppose|depends|wonder"
        r"|think)\b",
    ),
    "about a person": (-0.7, r"\b(?:i'm|i'll|my|me|you'll|your|you're|i've|i was|he|she|people|they)\b"),
    "about the meeting": (
        -1.0,
        r"\b(?:meeting|minutes|presentation|slides?|e-?mail|questionnaire|next|agenda|today|show you|start"
        r"|folder)\b",
    ),
}

_QUESTION: Mapping[str, tuple[float, str]] = {
    "open": (
        4.0,
        r"\b(?:open (?:question|issue|point)|still (?:need|have) to (?:decide|figure|find out|agree|clarify|know)"
        r"|(?:have|need) to (?:decide|figure out|clarify|find out) (?:whether|if|what|how|who|which|when|where)"
        r"|(?:don't|do not|doesn't) (?:yet )?know (?:yet|whether|if|what|how|who|which|when|where)"
        r"|not (?:yet )?(?:sure|clear|decided) (?:yet|whether|if|what|how|who|which|when|where)"
        r"|remains to be (?:seen|decided)|to be (?:decided|confirmed|determined)|tb[dc]\b|undecided|unresolved"
        r"|question is (?:whether|if|what|how|who|which)|come back to (?:that|this|it)|park (?:that|this|it))\b",
    ),
    "question mark": (1.6, r"\?[^\w?]*$"),
    "which": (1.0, r"^(?:and |so |but |okay |then )*(?:what|how|who|which|when|where|why|whose)\b"),
    "shall we": (
        1.2,
        r"\b(?:should|shall|do|can|could|must|will) we\b|\bwhether\b|\b(?:is|are) (?:it|there|we|they)\b",
    ),
    "small talk": (
        -2.0,
        r"\b(?:can you (?:hear|see)|how are you|you know\?|right\?|okay\?|is that (?:okay|right|it)|anything else"
        r"|any (?:other )?questions|ready|shall (?:i|we) (?:start|begin|go|move)|what do you think|do you (?:want|mean|see)"
        r"|pardon|sorry|excuse me|your (?:name|role)|are you|did you|have you|do i)\b",
    ),
}

_RISK: Mapping[str, tuple[float, str]] = {
    "risk": (
        4.0,
        r"\b(?:risks?|risky|blockers?|blocked|bottlenecks?|show-?stoppers?|deal-?breakers?|dependency"
        r"|single point of failure|worst case|liabilit(?:y|ies)|(?:security|privacy|legal) (?:issue|problem|concern)s?)\b",
    ),
    "worry": (
        3.0,
        r"\b(?:(?:i'm|i am|we're|bit|little|really|very) (?:\w+ )?(?:worried|concerned|afraid|nervous|anxious)"
        r"|(?:my|our|one|the|main|big|biggest|only) (?:\w+ )?(?:worry|concern|fear|problem|issue|danger|drawback|downside)"
        r"|i worry|worries me|concerns me)\b",
    ),
    "may fail": (
        2.2,
        r"\b(?:(?:might|may|could|will|would|won't|can't) (?:\w+ )?(?:fail|break|slip|delay|be late|not (?:be|work|make|fit)"
        r"|be (?:too|a problem|difficult|hard)|run out|go wrong|lose|overrun|cost (?:too|more))"
        r"|won't (?:be (?:ready|able|enough)|make it|work|fit)|not (?:be )?(?:enough|ready) (?:time|money|budget|people)?"
        r"|behind schedule|over budget|out of (?:time|budget|stock)|too (?:late|expensive|risky|tight|slow|few)"
        r"|short of|short on|understaffed|if .{1,40} (?:doesn't|don't|fails?|slips?|breaks?|can't|leaves|is late|are late))\b",
    ),
    "problem": (
        1.0,
        r"\b(?:problem(?:s|atic)?|issues?|trouble|difficult(?:y|ies)?|danger(?:ous)?|delays?|complain(?:ts?)?|confus(?:e|ed|ing))\b",
    ),
    "no problem": (
        -4.0,
        r"\b(?:no (?:problem|worries|risk|issue)|not (?:a|an) (?:problem|issue|worry)|isn't a problem|don't worry)\b",
    ),
    "asks": (-1.2, _ASKING),
    "happened": (-0.6, r"\b(?:was|were|had|fixed|solved|resolved)\b"),
}

CUES: Mapping[ItemKind, Mapping[str, tuple[float, str]]] = MappingProxyType(
    {"action": _ACTION, "decision": _DECISION, "question": _QUESTION, "risk": _RISK}
)
"""For each kind of statement its cues: name to weight and pattern, matched against :func:`plain` words."""

_AGREES = re.compile(
    r"(?:yeah|yes|yep|okay|ok|sure|agreed|right|true|exactly|good|great|sounds|that's (?:good|fine|true|right|it)"
    r"|fine|cool|alright|i agree|definitely|absolutely|no problem|perfect)\b"
)


def agrees(words: str) -> bool:
    """Whether plain words begin with agreement."""
    return _AGREES.match(words) is not None


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of one kind, ready to look for."""

    names: tuple[str, ...]
    """Their names."""
    weights: tuple[float, ...]
    """The weight of each, as a person set it."""
    patterns: tuple[re.Pattern[str], ...]
    """What each looks for."""

    @classmethod
    def of(cls, kind: ItemKind) -> Cues:
        """The cues of a kind."""
        table = CUES[kind]
        return cls(
            tuple(table),
            tuple(weight for weight, _ in table.values()),
            tuple(re.compile(pattern) for _, pattern in table.values()),
        )

    def found(self, words: str) -> list[bool]:
        """Which of them occur in plain words."""
        return [pattern.search(words) is not None for pattern in self.patterns]


def named_cue(names: Sequence[str]) -> re.Pattern[str] | None:
    """Finds a person of this meeting being given something to do, in plain words; None without names."""
    if not names:
        return None
    who = "|".join(re.escape(plain(name)) for name in names if plain(name))
    return (
        re.compile(
            rf"\b(?:{who})(?: and (?:{who}))?,? (?:you\b|i'd like you|i want you|i need you|can you|could you|would you"
            rf"|please|will|'ll|can|could|to\b|is (?:going|gonna)|are (?:going|gonna)|should|would|has to|have to"
            rf"|needs to|gets?\b|takes\b|now go|the \w+ \w+$)|\bfor (?:{who})\b|^(?:and |so |um )*(?:{who})$|\b(?:{who})'ll\b"
        )
        if who
        else None
    )
