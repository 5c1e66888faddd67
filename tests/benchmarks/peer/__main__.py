"""The whole way beside a common stack for such work: `python -m tests.benchmarks.peer`.

FastAPI, Celery with Redis, psycopg and python-telegram-bot with their documented defaults: one event once in
PostgreSQL, a task for it, the messages of its followers, one call each. It promises less: a task whose worker
dies is lost, nothing holds an order, an unknown answer is sent again or never. Its libraries are installed
beside this project's own; `redis-server` must be there. Rates, CPU and latency by turns in the same run.
"""

import argparse
import asyncio
import os
import shutil
import signal
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import asyncpg

from runtime.embedded import ports
from sandbox.settings import SandboxSettings
from tests.benchmarks import town
from tests.benchmarks.installation import Installation, installation, messenger
from tests.benchmarks.kit import ROOT, Sample, p99, servers
from tests.benchmarks.latency import IDLE_GAP, Waits, measure
from tests.benchmarks.pipeline import OURS, cost, round_of
from tests.benchmarks.town import DOCUMENT, STAGES, Person
from tests.waiting import until

HERE = Path(__file__).parent
PARTS = ("api", "worker", "redis", "postgres")
PATIENCE = 60.0


def installed() -> Path:
    """Return the folder of the peer's programs, installed where they are not yet."""
    folder = Path(sys.prefix) / "peer"
    if not (folder / "bin" / "celery").exists():
        for command in (
            (sys.executable, "-m", "venv", folder),
            (folder / "bin" / "pip", "install", "--quiet", "-r", HERE / "requirements.txt"),
        ):
            subprocess.run(command, check=True)  # noqa: S603 - pip with our own list
    return folder / "bin"


async def fill(admin: str, database: str, people: Sequence[Person]) -> None:
    """Make the peer's database, with an application and a follower for each of these people."""
    connection = await asyncpg.connect(admin)
    await connection.execute("CREATE DATABASE peer")
    await connection.close()
    connection = await asyncpg.connect(database)
    await connection.execute((HERE / "schema.sql").read_text())
    applications = [(one.number, DOCUMENT) for one in people]
    await connection.copy_records_to_table(
        "application", records=applications, columns=["number", "document"]
    )
    followers = [(one.number, one.chat) for one in people]
    await connection.copy_records_to_table("follower", records=followers, columns=["number", "chat"])
    await connection.execute("ANALYZE")
    await connection.close()


def said(log: Path) -> str:
    """Return the end of what a program said."""
    return log.read_text()[-2000:]


@asynccontextmanager
async def program(
    *command: str | Path, log: Path, environment: Mapping[str, str] = os.environ
) -> AsyncIterator[int]:
    """Run a program while the block lasts; yield its pid."""
    with log.open("ab") as output:
        running = await asyncio.create_subprocess_exec(
            *map(str, command), cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output
        )
    try:
        yield running.pid
    finally:
        if running.returncode is None:
            running.terminate()
        if await running.wait() not in {0, -signal.SIGTERM}:
            sys.stderr.write(f"{command[0]} ended with {running.returncode}; it said:\n{said(log)}\n")


@asynccontextmanager
async def peer(count: int) -> AsyncIterator[Installation]:
    """Run the peer with so many people, on servers of its own."""
    redis_server = shutil.which("redis-server")
    if redis_server is None:
        raise SystemExit("redis-server is not installed: apt-get install redis-server")
    programs = installed()
    async with AsyncExitStack() as stack:
        found, people = await stack.enter_async_context(servers()), town.people(count)
        database = found.postgres.url(database="peer")
        await fill(found.databases.admin, database, people)
        at = {name: ports.pick("127.0.0.1") for name in ("ingest", "messenger", "redis")}
        pids = {"messenger": await stack.enter_async_context(messenger(at["messenger"]))}
        redis = program(
            redis_server,
            "--port",
            str(at["redis"]),
            "--bind",
            "127.0.0.1",
            "--dir",
            found.home,
            log=found.home / "redis.log",
        )
        pids["redis"] = await stack.enter_async_context(redis)
        told = {
            "PEER_DATABASE_URL": database,
            "PEER_REDIS_URL": f"redis://127.0.0.1:{at['redis']}/0",
            "PEER_MESSENGER": f"http://127.0.0.1:{at['messenger']}",
            "PEER_TOKEN": SandboxSettings().bot_token,
        }
        worker = program(
            programs / "celery",
            "-A",
            "tests.benchmarks.peer.tasks",
            "worker",
            log=found.home / "worker.log",
            environment=told,
        )
        pids["worker"] = await stack.enter_async_context(worker)
        served = "tests.benchmarks.peer.api:app", "--port", str(at["ingest"]), "--no-access-log"
        pids["api"] = await stack.enter_async_context(
            program(programs / "uvicorn", *served, log=found.home / "api.log", environment=told)
        )
        url = f"http://127.0.0.1:{at['ingest']}/"

        async def answers() -> bool:
            async with aiohttp.ClientSession() as client:
                with suppress(aiohttp.ClientError):
                    async with client.get(url) as answer:
                        return answer.ok
            return False

        await until(answers, within=PATIENCE, every=0.1)
        yield Installation(found, people, "-", {**pids, "postgres": found.postgres.pid}, at)


def row(title: str, samples: Sequence[Sample], parts: Sequence[str]) -> str:
    """Return one row: rate and CPU of an event."""
    rate = statistics.median(one.rate for one in samples)
    used = statistics.median(cost(one, parts) for one in samples)
    return f"| {title} | {rate:,.0f} | {used / 1000:.2f} |"


def waited(title: str, waits: Sequence[Waits]) -> str:
    """Return one row: how long it took until the messenger was called, from both ends of the post."""
    cells = []
    for name in ("from_post", "from_answer"):
        took = sorted(seconds for one in waits for seconds in getattr(one, name))
        cells.append(f"{statistics.median(took) * 1000:.1f} | {p99(took) * 1000:.1f}")
    return f"| {title} | {' | '.join(cells)} |"


async def main(chosen: argparse.Namespace) -> None:
    """Measure and print."""
    sizes = [int(one) for one in chosen.sizes.split(",")]
    async with installation(chosen.people) as ours, peer(chosen.people) as other:
        sides: Mapping[str, tuple[Installation, Sequence[str]]] = {
            "Docwatch": (ours, OURS),
            "the peer": (other, PARTS),
        }
        found: dict[tuple[str, int], list[Sample]] = {(name, size): [] for name in sides for size in sizes}
        waits: dict[str, list[Waits]] = {name: [] for name in sides}
        turn = 0
        for number in range(chosen.rounds + 1):
            for size in sizes:
                for name, (side, parts) in sides.items():
                    sample = await round_of(side, turn, size=size, parts=parts)
                    sys.stderr.write(
                        row(f"{number or 'warm'}: {name}, {size} a post", [sample], parts) + "\n"
                    )
                    if number:
                        found[name, size].append(sample)
                turn += 1
            for name, (side, _) in sides.items():
                few, stage = side.people[: chosen.waits], STAGES[turn % len(STAGES)]
                taken = await measure(side, f"r{turn}", few, stage, IDLE_GAP)
                if number:
                    waits[name].append(taken)
            turn += 1
    print("| posts | events/s | CPU of an event, ms |\n|---|---|---|")
    for (name, size), samples in found.items():
        print(row(f"{name}, {size} a post", samples, sides[name][1]))
    print(
        "\n| one at a time, ms | from the post, p50 | p99 | from the 202, p50 | p99 |\n|---|---|---|---|---|"
    )
    for name, taken_by in waits.items():
        print(waited(name, taken_by))
    print(f"\n{ratios(found, waits, sizes)}")


def ratios(
    found: Mapping[tuple[str, int], Sequence[Sample]],
    waits: Mapping[str, Sequence[Waits]],
    sizes: Sequence[int],
) -> str:
    """Return in a sentence what the peer's figures are of ours."""
    parts = []
    for size in sizes:
        pairs = list(zip(found["Docwatch", size], found["the peer", size], strict=True))
        rate = statistics.median(one.rate / two.rate for one, two in pairs)
        used = statistics.median(cost(one, OURS) / cost(two, PARTS) for one, two in pairs)
        parts.append(f"{size} a post: {rate:.1f} times the peer's rate at {used:.2f} of its CPU")
    late = {
        name: [
            statistics.median(getattr(one, name)) / statistics.median(getattr(two, name))
            for one, two in zip(waits["Docwatch"], waits["the peer"], strict=True)
        ]
        for name in ("from_post", "from_answer")
    }
    whole, after = (statistics.median(one) for one in late.values())
    parts.append(
        f"the call comes after {whole:.2f} of its time from the post, {after:.2f} from the 202 (1.3)"
    )
    return "; ".join(parts) + "."


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", default="1,100")
    parser.add_argument("--waits", type=int, default=100, help="events posted one at a time in a round")
    asyncio.run(main(parser.parse_args()))
