"""The doctor's look at conversations with people: promises, beginnings, keys, and who could answer."""

from collections.abc import Iterator

from asyncpg import UndefinedColumnError, UndefinedTableError

from cli.doctor.facts import Facts, PeopleFact
from cli.doctor.findings import Finding, problem, warning
from contracts.services import DESK
from runtime.database import sql
from runtime.database.postgres import OwnConnection

SQL = sql.load("cli.doctor")


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


def people_checks(facts: Facts) -> Iterator[Finding]:
    """Whoever asked is answered in time, and what was said can be read."""
    people = next((database.people for database in facts.databases if database.people is not None), None)
    if people is None:
        return
    known = {
        key
        for secret in facts.secrets
        if secret.name == "DOCWATCH_CONVERSATION_KEYS"
        for key in secret.key_ids
    }
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
