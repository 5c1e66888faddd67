"""The drill of a lost site: a base backup, archived log and snapshots of streams are all that is left of it.

`python -m tests.faults.disaster` plays a month on a PostgreSQL that archives and a NATS of its own, kills
both with everything below them, deletes them, and brings the installation up again on empty servers as
docs/operations.md says, each step timed. What lives on is what is elsewhere in life: the archive, the
secrets, the back office with what it has sent, the messengers and people's phones.
"""

import argparse
import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from cli.installation.local import ensure_secrets
from cli.moving.contents import read
from cli.settings import local_settings
from runtime.clock import SystemClock
from runtime.embedded import EmbeddedNats, EmbeddedPostgres, NatsUser, binaries
from runtime.embedded.account import Account
from tests.benchmarks.__main__ import written
from tests.faults.evidence import collect, told_as_promised
from tests.faults.harness import Harness, harness, prepared
from tests.waiting import until

CLOCK = SystemClock()
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operations.md"
SLOW_SECONDS, PATIENCE_SECONDS = 900.0, 400.0
PASSWORD = "drill"  # noqa: S105 - of servers that live for one drill
TAKEN = "SELECT count(*) FROM tracker.event"
KNOWN = "SELECT event_id FROM tracker.event UNION SELECT event_id FROM tracker.set_aside"
OPEN = """
SELECT (SELECT count(*) FROM tracker.notice WHERE ended_as IS NULL)
     + (SELECT count(*) FROM notifier.delivery WHERE ended_at IS NULL AND kind = 'notice')
"""


@dataclass
class Drill:
    """What is known of a drill: seconds of each step, what is wrong in the end, and how much came again."""

    steps: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    lost: int = 0

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[None]:
        """Time a step."""
        started = CLOCK.monotonic()
        yield
        self.steps[name] = CLOCK.monotonic() - started

    def lines(self) -> list[str]:
        """Return the drill as a table, and what was said."""
        rows = [f"| {name} | {seconds:.1f} |" for name, seconds in self.steps.items()]
        return ["| step | seconds |", "|---|---|", *rows, "", *(f"{one}\n" for one in self.told)]


@dataclass(frozen=True)
class Site:
    """The servers of a site; `archive` and `saved` are elsewhere."""

    home: Path
    archive: Path
    nats: EmbeddedNats
    postgres: EmbeddedPostgres

    @classmethod
    def at(cls, home: Path, archive: Path, **settings: str) -> "Site":
        """Return a site whose PostgreSQL archives its log, not started."""
        archiving = {"archive_mode": "on", "archive_command": f"cp %p {archive}/%f"}
        nats = EmbeddedNats(home / "nats", users=[NatsUser("all", PASSWORD)])
        postgres = EmbeddedPostgres(home / "postgres", password=PASSWORD, settings={**archiving, **settings})
        return cls(home, archive, nats, postgres)

    def named(self, patch: pytest.MonkeyPatch) -> None:
        """Have settings name this site's servers."""
        patch.setenv("DOCWATCH_NATS_URL", self.nats.url("all"))
        patch.setenv("DOCWATCH_DATABASE_URL", self.postgres.url())

    async def base_backup(self, target: Path) -> None:
        """Copy the whole cluster while it works."""
        program = str(binaries.postgres(None) / "pg_basebackup")
        url = self.postgres.url(database="postgres")
        await ran(
            [program, f"--dbname={url}", f"--pgdata={target}", "--wal-method=fetch", "--checkpoint=fast"]
        )

    async def lose(self) -> None:
        """Kill both servers in the midst of work and delete everything of the site."""
        for server in (self.postgres, self.nats):
            os.kill(server.pid, signal.SIGKILL)
        for server in (self.postgres, self.nats):
            await server.stop()
        await self.postgres.remove()
        shutil.rmtree(self.home)

    def put(self, base: Path) -> None:
        """Lay a base backup down where PostgreSQL will go on from it, with what was archived since."""
        cluster = self.home / "postgres" / "pgdata"
        cluster.parent.mkdir(parents=True, mode=0o700)
        shutil.copytree(base, cluster)
        cluster.chmod(0o700)
        (cluster / "recovery.signal").touch()
        restoring = f"restore_command = 'cp {self.archive}/%f %p'\n"
        with (cluster / "postgresql.auto.conf").open("a") as file:
            file.write(restoring)
        account = Account.for_data(self.home / "nothing")
        if account is not None:
            for folder, _, names in os.walk(cluster):
                for one in (Path(folder), *(Path(folder) / name for name in names)):
                    os.chown(one, account.uid, account.gid)


async def ran(program: Sequence[str], more: Mapping[str, str] | None = None) -> str:
    """Run a program to its end; RuntimeError with what it said where it fails."""
    running = await asyncio.create_subprocess_exec(
        *program,
        env={**os.environ, **(more or {})},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await running.communicate())[0].decode()
    if running.returncode:
        raise RuntimeError(f"{' '.join(program[:4])}: {said}")
    return said


async def docwatch(*arguments: str, **more: str) -> str:
    """Run the command as an operator does."""
    return await ran([sys.executable, "-m", "cli", *arguments], more)


async def _value(url: str, query: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


async def _archived(url: str) -> None:
    """Wait until all that is written now is in the archive, as it is after `archive_timeout`."""
    connection = await asyncpg.connect(url)
    try:
        last = await connection.fetchval("SELECT pg_walfile_name(pg_switch_wal())")

        async def there() -> bool:
            query = "SELECT last_archived_wal >= $1 FROM pg_stat_archiver"
            return bool(await connection.fetchval(query, last))

        await until(there, within=60, every=0.2)
    finally:
        await connection.close()


@asynccontextmanager
async def _working(stack: Harness) -> AsyncIterator[None]:
    """Have the back office go on slowly for the length of the block."""
    assert stack.running.player is not None
    playing = asyncio.create_task(stack.running.player.play(SLOW_SECONDS))
    try:
        yield
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


async def _send(stack: Harness, share: float) -> None:
    """Have the back office send up to a share of the month, and wait until that has its effect."""
    player, stored = stack.running.player, stack.running.stored
    assert player is not None
    assert stored is not None
    lines = stored.month.lines
    sent = lines[stored.progress.lines : round(share * len(lines))]
    await player._office.send([line.row.as_json() for line in sent])
    stored.progress.lines += len(sent)
    stored.save()
    await until(
        partial(_known, stack.running.servers.admin, {line.row.event_id for line in sent}),
        within=PATIENCE_SECONDS,
    )


async def _known(url: str, sent: set[str]) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return sent <= {row["event_id"] for row in await connection.fetch(KNOWN)}
    finally:
        await connection.close()


async def _all_follow(stack: Harness) -> None:
    """Have everybody scan first: who follows since the last backup is in no stream."""
    player, stored = stack.running.player, stack.running.stored
    assert player is not None
    assert player._phones is not None
    assert stored is not None
    for one in stored.month.follows:
        await player._follow(player._phones, one)
    stored.progress.follows = len(stored.month.follows)
    stored.save()


async def drill(applications: int = 40, citizens: int = 30) -> Drill:
    """Lose a site in the middle of a month and bring it up again; return what there is to tell."""
    found = Drill()
    with pytest.MonkeyPatch.context() as patch, prepared(patch) as home:
        # What is timed is not how busy this machine is.
        patch.setattr("cli.installation.stack.READY_SECONDS", PATIENCE_SECONDS)
        archive, base, saved = home / "archive", home / "base", home / "saved"
        archive.mkdir()
        archive.chmod(0o777)
        first = Site.at(home / "first", archive)
        first.home.mkdir()
        async with first.postgres, first.nats:
            first.named(patch)
            since = await _until_lost(found, first, base, saved, (applications, citizens))
        second = Site.at(home / "second", archive)
        second.home.mkdir()
        async with AsyncExitStack() as stack:
            async with found.step("PostgreSQL from base backup and archive"):
                second.put(base)
                await stack.enter_async_context(second.postgres)
                await until(lambda: _promoted(second.postgres.url()), within=PATIENCE_SECONDS, every=0.1)
            await stack.enter_async_context(second.nats)
            second.named(patch)
            await _brought_back(found, second, saved, since)
            async with found.step("services start"):
                again = await stack.enter_async_context(harness(applications=applications, citizens=citizens))
            await _goes_on(found, again)
    return found


async def _promoted(url: str) -> bool:
    return not await _value(url, "SELECT pg_is_in_recovery()::int")


async def _until_lost(found: Drill, site: Site, base: Path, saved: Path, size: tuple[int, int]) -> str:
    """Work, back up, work on, and lose everything; return since when the database may lack something."""
    async with harness(applications=size[0], citizens=size[1]) as stack:
        await _all_follow(stack)
        await _send(stack, 0.2)
        async with _working(stack), found.step("base backup, while at work"):
            await site.base_backup(base)
        await _send(stack, 0.4)
        async with _working(stack), found.step("snapshots of streams, while at work"):
            await docwatch("save", str(saved), "--only", "streams", "--while-running")
        await _send(stack, 0.6)
        # From here on notices wait in their stream, which is not saved any more: they must not be lost.
        stack.signal("notifier", signal.SIGSTOP)
        await _send(stack, 0.75)
        await _archived(site.postgres.url())
        kept = await _value(site.postgres.url(), TAKEN)
        await _send(stack, 0.85)
        found.lost = await _value(site.postgres.url(), TAKEN) - kept
        await site.lose()
        stack.signal("notifier", signal.SIGKILL)
    return read(saved).at.isoformat()


async def _brought_back(found: Drill, site: Site, saved: Path, since: str) -> None:
    """Do what operators do before any service starts."""
    async with found.step("streams from their snapshots"):
        said = await docwatch("load", str(saved), "--only", "streams")
        found.told.append(said.splitlines()[0].partition(": ")[2])
    async with found.step("database and streams brought together"):
        secrets = ensure_secrets(local_settings().folder)
        keys = {name: secrets[name] for name in ("DOCWATCH_RECEIPT_KEY",)}
        await docwatch("provision")
        url = {"DOCWATCH_PROVISION_DATABASE_URL": site.postgres.url()}
        catalogue = {"DOCWATCH_CATALOGUE": str(local_settings().catalogue)}
        said = await docwatch("restore", "--since", since, **keys, **url, **catalogue)
        found.told.append(said.splitlines()[-1])


async def _goes_on(found: Drill, stack: Harness) -> None:
    """Have the back office send all again and go on; write down what is not as promised."""
    running = stack.running
    assert running.player is not None
    assert running.stored is not None
    url = running.servers.admin
    async with found.step("the back office sends everything again, all are told"):
        running.stored.progress.lines = 0
        await running.player.play(0.0)
        sent = {line.row.event_id for line in running.stored.month.lines}

        async def quiet() -> bool:
            return await _known(url, sent) and not await _value(url, OPEN)

        try:
            await until(quiet, within=PATIENCE_SECONDS, every=0.5)
        except TimeoutError:
            found.wrong.append(f"open: {await _value(url, OPEN)} notices, or events without an effect")
    found.wrong += told_as_promised(await collect(stack))


def main() -> int:
    """Drill, print, return 1 where something is not as promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the result into docs/operations.md")
    given = parser.parse_args()
    found = asyncio.run(drill())
    found.told.append(f"{found.lost} events were taken in after the last archived log, and came again")
    text = "\n".join([*found.lines(), *(found.wrong or ["every event has its effect, every notice one end"])])
    sys.stdout.write(f"{text}\n")
    if given.write and not found.wrong:
        PAGE.write_text(written(PAGE.read_text("utf-8"), "drill", text), "utf-8")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
