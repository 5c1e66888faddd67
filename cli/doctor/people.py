"""The doctor's look at conversations with people: promises, beginnings, keys, and who could answer."""

from collections.abc import Iterator

from asyncpg import UndefinedColumnError, UndefinedTableError

from cli.doctor.facts import Facts, PeopleFact
from cli.doctor.findings import Finding, problem, warning
from contracts.services import DESK, NOTIFIER
from runtime.database import sql
from runtime.database.postgres import OwnConnection

SQL = sql.load("cli.doctor")
NEARLY_FULL = 0.8
_KEYS = "DOCWATCH_CONVERSATION_KEYS"


async def look_at_people(connection: OwnConnection) -> PeopleFact | None:
    """Look at the conversations; None for a login that may not, or a schema that has none yet."""
    if not await connection.fetchval(SQL["readable"], DESK.schema, "conversation"):
        return None
    try:
        counts = await connection.fetchrow(SQL["people"])
        keys = await connection.fetch(SQL["said_under"])
    except (UndefinedColumnError, UndefinedTableError):
        return None
    if counts is None:
        return None
    return PeopleFact(**counts, sealed_under=tuple(row["key"] for row in keys))


async def look_at_files(connection: OwnConnection) -> int | None:
    """Return the bytes of citizens' files; None for a login that may not, or a schema that has none yet."""
    if not await connection.fetchval(SQL["readable"], NOTIFIER.schema, "handover_file"):
        return None
    kept: int = await connection.fetchval(SQL["file_bytes"])
    return kept


def people_checks(facts: Facts) -> Iterator[Finding]:
    """Whoever asked is answered in time, what was said can be read, and there is room for files."""
    yield from _files(facts)
    people = next((database.people for database in facts.databases if database.people is not None), None)
    if people is None:
        return
    known = {key for secret in facts.secrets if secret.name == _KEYS for key in secret.key_ids}
    lost = [key for key in people.sealed_under if key not in known]
    if known and lost:
        yield problem(
            "people",
            "lost-key",
            f"what was said is sealed under key {', '.join(lost)}, which DOCWATCH_CONVERSATION_KEYS lacks",
            "staff see that something was said, and not what",
            "add the old key behind the current one for the notifier and the desk, from the backup",
        )
    if people.unopened:
        yield problem(
            "people",
            "unopened",
            f"{people.unopened} conversations have no beginning, so no member of staff sees them",
            "these citizens were told that their question is kept, and nobody answers it",
            "look for dead letters of TALKS in the desk's log",
        )
    if people.broken:
        yield warning(
            "people",
            "late",
            f"{people.broken} questions are not answered, and the time that was promised is over",
            "these citizens wait for longer than they were told",
            "have them answered; they stand first in the queue",
        )
    if facts.catalogue is not None and facts.catalogue.staffed and not people.staff:
        yield warning(
            "people",
            "nobody",
            "the catalogue has a desk, and no member of staff has an account",
            "citizens are handed over to nobody",
            "docwatch staff add, or sign in once by the agency's directory",
        )


def _files(facts: Facts) -> Iterator[Finding]:
    if facts.catalogue is None or not facts.catalogue.takes_files:
        return
    if any(secret.name == _KEYS and not secret.given for secret in facts.secrets):
        yield warning(
            "people",
            "files-sealed",
            f"the catalogue lets citizens send files, and {_KEYS} is not set",
            "without it nobody is handed over to people, so no file is taken either",
            "write id:hex,id:hex for the notifier and the desk alike; a new key: openssl rand -hex 32",
        )
    kept = max((one.file_bytes for one in facts.databases if one.file_bytes is not None), default=0)
    if facts.files_room and kept >= NEARLY_FULL * facts.files_room:
        yield warning(
            "people",
            "files-full",
            f"files of citizens take {kept / facts.files_room:.0%} of DOCWATCH_FILES_ROOM",
            "once it is full, whoever sends a photo or a document is told that there is no room",
            "raise DOCWATCH_FILES_ROOM for the notifier, or lower keep_days of desk.files in the catalogue",
        )
