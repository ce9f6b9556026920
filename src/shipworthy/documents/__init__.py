"""Templates and data in, documents out: the review's report, its summaries and its JUnit file.

A room that knows no other: what it renders comes as plain JSON, and every text in it is hostile.
"""

from shipworthy.documents.report import render_review as render_review

__all__ = ["render_review"]
