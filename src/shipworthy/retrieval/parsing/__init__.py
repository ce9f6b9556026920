"""Files in, documents out: one parser for each format, and a folder of them."""

from shipworthy.retrieval.parsing.folders import Rejected, read_folder
from shipworthy.retrieval.parsing.reading import FORMATS, read_document

__all__ = ["FORMATS", "Rejected", "read_document", "read_folder"]
