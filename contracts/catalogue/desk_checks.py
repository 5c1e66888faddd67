"""What the terms of the desk cannot know by themselves: the agency's languages, and what outlives what."""

from collections.abc import Callable

from contracts.catalogue.desk_terms import FileTerms
from contracts.catalogue.models import Agency
from contracts.catalogue.reading.problems import Path

Complain = Callable[[Path, str], None]


def check_desk(agency: Agency, complain: Complain) -> None:
    """Complain of languages in which people answer and which are not the agency's, and of nameless topics."""
    if agency.desk is None:
        return
    path: Path = ("agency", "desk")
    for index, language in enumerate(agency.desk.languages):
        if language not in agency.languages:
            detail = f"is not one of the agency's languages: {', '.join(agency.languages)}"
            complain((*path, "languages", index), detail)
    for topic, names in agency.desk.topics.items():
        missing = [one for one in agency.languages if not names.get(one, "").strip()]
        if missing:
            complain((*path, "topics", topic), f"has no name in {', '.join(missing)}")
    if agency.desk.files is not None:
        _check_files(agency.desk.files, agency.desk.keep_days, complain)


def _check_files(files: FileTerms, conversation_days: int, complain: Complain) -> None:
    """Complain of files that would outlive what was said with them, and of types named twice."""
    path: Path = ("agency", "desk", "files")
    if files.keep_days > conversation_days:
        detail = f"is more than the {conversation_days} days for which conversations are kept"
        complain((*path, "keep_days"), detail)
    for index, one in enumerate(files.types):
        if one in files.types[:index]:
            complain((*path, "types", index), f"{one} is there already")
