"""The books of an installation, read from outside: do accepted events, notices and ends add up?

Accepted events = the sum of their effects; notices = the sum of their ends and what is pending; and every
application of the sample stands where an independent fold of the export says.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
from rich.console import Group
from rich.table import Table

from cli.installation.bus import connect
from cli.installation.servers import Servers
from cli.up.office import SAMPLE_PUBLISHER
from contracts.catalogue import Catalogue
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.outcome import Effect
from contracts.streams import STAGES
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.connect import connect as connect_to_database
from runtime.database.postgres import OwnConnection
from sandbox.agency.expected import expected_from_files
from sandbox.agency.stored import StoredMonth

SQL = sql.load("cli.up", "books.sql")
STANDSTILL_SECONDS = 150.0


@dataclass(frozen=True)
class Books:
    """One look at everything; `accounts`: how many of the accepted notices each account took.

    Latencies are in seconds, None where nobody was told anything.
    """

    accepted: int
    effects: Mapping[str, int]
    ends: Mapping[str, int]
    deliveries: Mapping[str, int]
    accounts: Mapping[str, int]
    open: int
    p50: float | None
    p99: float | None
    wrong: tuple[str, ...]

    def balanced(self) -> bool:
        """Tell whether everything that was accepted has come to its end."""
        return self.accepted == sum(self.effects.values()) and not self.open and not self.ends.get("pending")

    def problems(self) -> list[str]:
        """Return one sentence for each thing that does not add up."""
        faults = list(self.wrong)
        if self.accepted != sum(self.effects.values()):
            faults.append(
                f"{self.accepted} events are in the stream, {sum(self.effects.values())} had an effect"
            )
        if self.ends.get("pending") or self.open:
            faults.append(
                f"{self.ends.get('pending', 0)} notices are pending, {self.open} messages are on their way"
            )
        ends = {name: count for name, count in self.ends.items() if name != "pending"}
        if ends != dict(self.deliveries):
            faults.append(f"the tracker's ledger says {ends}, the notifier says {dict(self.deliveries)}")
        return faults

    def as_json(self) -> dict[str, object]:
        """Return the books for machines."""
        return {
            "accepted": self.accepted,
            "effects": dict(self.effects),
            "notices": sum(self.ends.values()),
            "ends": dict(self.ends),
            "accepted_by_account": dict(self.accounts),
            "seconds_from_202_to_accepted": {"p50": self.p50, "p99": self.p99},
            "problems": self.problems(),
        }

    def table(self) -> Group:
        """Return the books for a terminal."""
        events = _counts(
            "Events by effect",
            {effect.value: self.effects.get(effect, 0) for effect in Effect},
            self.accepted,
            "accepted",
        )
        ends = _counts(
            "Notices by end",
            {
                **{end.value: self.ends.get(end, 0) for end in DeliveryEnd},
                "pending": self.ends.get("pending", 0),
            },
            sum(self.ends.values()),
            "notices",
        )
        accounts = _counts("Accepted by account", self.accounts, sum(self.accounts.values()), "accepted")
        both = Table.grid(padding=(0, 4))
        both.add_row(events, Group(ends, accounts))
        times = f"From 202 to accepted: p50 {_seconds(self.p50)}, p99 {_seconds(self.p99)}"
        return Group(both, times)


def _counts(title: str, counts: Mapping[str, int], total: int, of: str) -> Table:
    table = Table(title=title, show_footer=True)
    table.add_column("", footer=of)
    table.add_column("count", justify="right", footer=str(total))
    for name, count in counts.items():
        table.add_row(name, str(count))
    return table


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} s"


async def wait_until_balanced(
    servers: Servers,
    stored: StoredMonth,
    catalogue: Catalogue,
    clock: Clock,
    patience: float = STANDSTILL_SECONDS,
) -> Books:
    """Return the books once they balance, or as they are when nothing has moved for `patience` seconds."""
    connection = await connect_to_database(servers.admin)
    try:
        moved_at, before = clock.monotonic(), -1
        while True:
            books = await _read(connection, servers)
            ended = await connection.fetchval(SQL["ended"])
            if ended != before:
                moved_at, before = clock.monotonic(), ended
            if books.balanced() or clock.monotonic() - moved_at > patience:
                wrong = await _wrong_standings(connection, stored, catalogue)
                return await _read(connection, servers, wrong)
            await clock.sleep(0.25)
    finally:
        await connection.close()


async def _read(connection: OwnConnection, servers: Servers, wrong: tuple[str, ...] = ()) -> Books:
    client = await connect(servers.nats["provision"], servers.nats_ca)
    try:
        accepted = (await client.jetstream().stream_info(STAGES.name)).state.messages
    finally:
        await client.close()

    async def counts(name: str) -> dict[str, int]:
        return {row[0]: row[1] for row in await connection.fetch(SQL[name])}

    p50, p99 = await connection.fetchrow(SQL["latencies"]) or (None, None)
    return Books(
        accepted=accepted,
        effects=await counts("effects"),
        ends=await counts("ends"),
        deliveries=await counts("deliveries"),
        accounts=await counts("accounts"),
        open=await connection.fetchval(SQL["open"]),
        p50=None if p50 is None else float(p50),
        p99=None if p99 is None else float(p99),
        wrong=wrong,
    )


async def _wrong_standings(
    connection: OwnConnection, stored: StoredMonth, catalogue: Catalogue
) -> tuple[str, ...]:
    """Return a sentence for each application that does not stand where the independent fold puts it."""
    expected = await asyncio.to_thread(expected_from_files, stored.export.parent, catalogue)
    keys: dict[str, set[str]] = {}
    for row in await connection.fetch(SQL["event_applications"], SAMPLE_PUBLISHER):
        keys.setdefault(stored.month.truth[row["event_id"]], set()).add(row["application_key"])
    standings = {row["application_key"]: row for row in await connection.fetch(SQL["standings"])}
    wrong = []
    for number, (application, wanted) in enumerate(sorted(expected.items()), start=1):
        mine = keys.get(application, set())
        found = standings.get(next(iter(mine))) if len(mine) == 1 else None
        if found is None:
            wrong.append(f"application {number} of the sample is known under {len(mine)} keys, must be 1")
        elif _standing(found) != (
            *(wanted.stage, wanted.office, wanted.note, frozenset(wanted.missing), wanted.expected_at),
            wanted.head,
        ):
            wrong.append(
                f"application {number} of the sample is at {found['stage']}, must be at {wanted.stage}"
            )
    return tuple(wrong)


def _standing(row: asyncpg.Record) -> tuple[object, ...]:
    expected_at = row["expected_at"].isoformat() if row["expected_at"] else None
    return (
        row["stage"],
        row["office"],
        row["note"],
        frozenset(row["missing"]),
        expected_at,
        row["head_event_id"],
    )
