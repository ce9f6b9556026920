"""Papers about a measured feature: model card, Annex IV, briefs. Every number in them cites a review."""

from shipworthy.launch.papers.briefs import AUDIENCES, Audience, brief
from shipworthy.launch.papers.card import card, card_answers_file
from shipworthy.launch.papers.checking import PaperProblem, check_paper, cites_reviews, without_citations
from shipworthy.launch.papers.draft import draft_of, is_edited, share_edited, signed
from shipworthy.launch.papers.facts import Cite, Sourcebook, paper_facts
from shipworthy.launch.papers.technical import technical_documentation

__all__ = [
    "AUDIENCES",
    "Audience",
    "Cite",
    "PaperProblem",
    "Sourcebook",
    "brief",
    "card",
    "card_answers_file",
    "check_paper",
    "cites_reviews",
    "draft_of",
    "is_edited",
    "paper_facts",
    "share_edited",
    "signed",
    "technical_documentation",
    "without_citations",
]
