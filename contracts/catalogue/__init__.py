"""The agency's own data: document types, stages, offices and texts, read from YAML and checked at start."""

from contracts.catalogue.answers.files import LoadedAnswers, named_in, read_answers, written
from contracts.catalogue.booking import Appointments, Invitations
from contracts.catalogue.calls import CallTerms
from contracts.catalogue.channel_terms import ChannelTerms
from contracts.catalogue.consultations import Consultation
from contracts.catalogue.desk_terms import DeskTerms
from contracts.catalogue.entries import Texts
from contracts.catalogue.load import Loaded, load_catalogue, our_phrasing, read_catalogue
from contracts.catalogue.models import (
    Agency,
    Catalogue,
    DaysFromTo,
    DocumentType,
    Holidays,
    Limits,
    Office,
    QuietHours,
    Stage,
    StageOverride,
    WallHours,
)
from contracts.catalogue.phrasing import Phrasing
from contracts.catalogue.reading.problems import CatalogueError, Path, Problem

__all__ = [
    "Agency",
    "Appointments",
    "CallTerms",
    "Catalogue",
    "CatalogueError",
    "ChannelTerms",
    "Consultation",
    "DaysFromTo",
    "DeskTerms",
    "DocumentType",
    "Holidays",
    "Invitations",
    "Limits",
    "Loaded",
    "LoadedAnswers",
    "Office",
    "Path",
    "Phrasing",
    "Problem",
    "QuietHours",
    "Stage",
    "StageOverride",
    "Texts",
    "WallHours",
    "load_catalogue",
    "named_in",
    "our_phrasing",
    "read_answers",
    "read_catalogue",
    "written",
]
