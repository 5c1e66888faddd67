"""Every application folded again from its own history: what a repaired rule or a doubt calls for.

Touches no claim and no subscription and tells nobody. Each application is compared and written under its
lock, so the intake of events goes on meanwhile.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from contracts.messages.ids import ApplicationKey
from runtime.database import audit, sql
from runtime.database.postgres import Connection, Pool, transaction
from services.tracker.domain.state import Known, fold, visible
from services.tracker.store import applications as store
from services.tracker.store.history import histories

SQL = sql.load("services.tracker.operators", "rebuild.sql")
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """An application whose row said something else than its history; stages are None before any event."""

    key: ApplicationKey
    said: str | None
    is_: str | None
    visible: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some applications that were folded again and what differed."""

    folded: int
    differences: tuple[Difference, ...]


async def rebuild(pool: Pool, *, actor: str, dry_run: bool) -> AsyncIterator[Page]:
    """Fold all applications again, page by page, in key order; with `dry_run` nothing is written."""
    after, folded, differing = "", 0, 0
    while True:
        async with transaction(pool) as connection:
            rows = await connection.fetch(SQL["keys_after"], after, AT_ONCE)
            keys = [ApplicationKey(row["application_key"]) for row in rows]
            page = await _page(connection, keys, dry_run=dry_run)
        if not keys:
            break
        after, folded, differing = keys[-1], folded + len(keys), differing + len(page.differences)
        yield page
    if not dry_run:
        await audit.note(pool, actor, "rebuild", f"{folded} applications, {differing} differed")


async def _page(connection: Connection, keys: list[ApplicationKey], *, dry_run: bool) -> Page:
    applications = await store.lock(connection, keys)
    events = await histories(connection, keys)
    wrong: dict[ApplicationKey, Known] = {}
    differences = []
    for key in keys:
        known, folded = applications[key].known, fold(events[key])
        if (known.state, known.last) == (folded.state, folded.last):
            continue
        changed = visible(known.state) != visible(folded.state)
        # A revision only rises, or an old notice could look newer than the next one.
        wrong[key] = replace(
            known, state=folded.state, last=folded.last, revision=max(1, known.revision + changed)
        )
        differences.append(Difference(key, _stage(known), _stage(wrong[key]), changed))
    if not dry_run:
        await store.move_applications(connection, [(k, v) for k, v in wrong.items() if v.state is not None])
        await store.forget_states(connection, [(k, v) for k, v in wrong.items() if v.state is None])
    return Page(len(keys), tuple(differences))


def _stage(known: Known) -> str | None:
    return None if known.state is None else known.state.details.stage
