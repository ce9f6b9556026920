"""Structured data from documents: a schema in, records whose every value is quoted from its source out."""

from shipworthy.apps.extract.candidate import build_candidate
from shipworthy.apps.extract.extraction import Extraction, Extractor
from shipworthy.apps.extract.schema import FieldSpec, Schema
from shipworthy.apps.extract.schema_file import bundled_schemas, load_schema

__all__ = [
    "Extraction",
    "Extractor",
    "FieldSpec",
    "Schema",
    "build_candidate",
    "bundled_schemas",
    "load_schema",
]
