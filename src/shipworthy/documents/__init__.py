"""A review's JSON in, documents out: the report, its summaries and the file for CI.

A room that knows no other: what it renders comes as plain JSON, and every text in it is hostile.
"""

from shipworthy.documents.ci import junit
from shipworthy.documents.report import render_review
from shipworthy.documents.summary import review_paste, review_text

__all__ = ["junit", "render_review", "review_paste", "review_text"]
