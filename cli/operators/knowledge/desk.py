"""What the commands share: an editor on the desk's database, and the catalogue in use."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import TypeVar

from cli.errors import CommandError
from cli.operators.session import actor, on_database
from cli.settings import local_settings
from contracts.catalogue import Catalogue, CatalogueError, load_catalogue
from language.leaving import leaving
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from services.desk.knowledge.answers import Answers
from services.desk.knowledge.records import Records
from services.desk.operators.editing import Editor

T = TypeVar("T")


@cache
def in_use() -> Catalogue:
    """Return the catalogue; CommandError where it cannot be used."""
    try:
        return load_catalogue(local_settings().catalogue)
    except CatalogueError as error:
        raise CommandError(str(error)) from None


def editor(pool: Pool) -> Editor:
    """Return whoever is at the keyboard as an editor."""
    return Editor(Answers(pool, SystemClock()), Records(pool), in_use(), leaving, actor())


def editing(work: Callable[[Editor], Awaitable[T]]) -> T:
    """Do something as an editor."""
    return on_database("desk", lambda pool: work(editor(pool)))


def on_records(work: Callable[[Records], Awaitable[T]]) -> T:
    """Do something with what is kept of questions."""
    return on_database("desk", lambda pool: work(Records(pool)))
