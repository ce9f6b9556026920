"""An idea before any model: the user, the job, today's way, the need, the cost of being wrong, the data."""

from shipworthy.launch.ideas.answers import IdeaAnswers, answer_in, read_idea_answers, write_idea_answers
from shipworthy.launch.ideas.judging import Idea, IdeaGap, in_words, judge, page

__all__ = [
    "Idea",
    "IdeaAnswers",
    "IdeaGap",
    "answer_in",
    "in_words",
    "judge",
    "page",
    "read_idea_answers",
    "write_idea_answers",
]
