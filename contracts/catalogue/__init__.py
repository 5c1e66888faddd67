"""The agency's own data: document types, stages, offices and texts, read from YAML and checked at start."""

from contracts.catalogue.load import load_catalogue
from contracts.catalogue.models import (
    Agency,
    Catalogue,
    DocumentType,
    Holidays,
    Limits,
    Office,
    QuietHours,
    Stage,
    StageOverride,
    Texts,
)
from contracts.catalogue.problems import CatalogueError, Problem

__all__ = [
    "Agency",
    "Catalogue",
    "CatalogueError",
    "DocumentType",
    "Holidays",
    "Limits",
    "Office",
    "Problem",
    "QuietHours",
    "Stage",
    "StageOverride",
    "Texts",
    "load_catalogue",
]
