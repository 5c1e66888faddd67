"""Mail of strangers at the door for what comes back, and servers of mail that mean harm."""

import asyncio
import io
import random
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from starlette.applications import Starlette

from cli.bounce import TRY_LATER, begin_of
from sandbox.email.model import Mail
from sandbox.email.reports import report_on
from services.notifier.channels.email.addresses import mailbox_of
from services.notifier.channels.email.channel import EmailChannel
from services.notifier.channels.email.connections import Connections, Timeouts
from services.notifier.channels.email.dsn import LONGEST, bounce_of
from services.notifier.channels.email.server import Server
from services.notifier.channels.email.webhook import PATH, BouncePosts
from services.notifier.domain.messages import Message
from services.notifier.domain.results import Accepted, NotSent, Result, Throttled, Unknown
from services.notifier.inbound.webhook import Webhook
from services.notifier.wording.markup import literal
from tests.attacks.heartbeat import Heartbeat
from tests.integration.notifier.email_bench import FROM, marks_of, stationery
from tests.integration.notifier.test_webhook import served
from tests.integration.notifier.world import CLOCK, World

MARKS = marks_of()
SECRET = "secret-of-the-tests"  # noqa: S105 - a test's own
AUTHORIZED = {"Authorization": f"Bearer {SECRET}"}
LONGEST_HOLD = 0.25
AT = datetime(2026, 11, 30, 13, 5, tzinfo=UTC)
HEAD = b"To: x@y.example\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"


def genuine() -> bytes:
    """A report on a letter of ours."""
    key = uuid4()
    raw = stationery(MARKS).letter(Message(literal("x")), mailbox_of("olena@mail.example"), key, AT)
    sender = MARKS.sender(key, FROM)
    return report_on(Mail(1, 1, sender, "olena@mail.example", MARKS.envelope_id(key), raw, AT), AT)


COSTLY = {
    "boundaries": HEAD + b"\r\n--b" * (LONGEST // 5),
    "nested": HEAD
    + b"".join(
        b"\r\n--b\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d" % (n, n) for n in range(3000)
    ),
    "blocks": HEAD
    + b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    + b"Action: x\r\n\r\n" * (LONGEST // 13),
    "one line": b"Content-Type: multipart/report; " + b"a=b; " * (LONGEST // 5),
    "folded": b"Content-Type: multipart/report;\r\n" + b" a=b;\r\n" * (LONGEST // 7),
    "quotes": b'Content-Type: multipart/report; boundary="' + b'\\"' * (LONGEST // 2),
    "marks": HEAD
    + b"--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n"
    + (b"a" * 26 + b"-" + b"a" * 24 + b" ") * (LONGEST // 52),
    "almost marks": HEAD
    + b"--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n"
    + b"a" * LONGEST,
    "blanks": HEAD + b"Action: " + b" " * LONGEST,
    "nothing": b"\x00" * LONGEST,
    "ends": b"\r\n" * (LONGEST // 2),
}


@pytest.mark.parametrize("name", COSTLY)
def test_no_mail_takes_long(name: str) -> None:
    """Whatever its form, a mail of the greatest length is read in a moment, and is about no letter."""
    started = CLOCK.monotonic()

    assert bounce_of(COSTLY[name], MARKS) is None
    assert CLOCK.monotonic() - started < LONGEST_HOLD


def test_a_thousand_spoilt_reports() -> None:
    """Reports with bytes changed, cut and doubled at random raise nothing and name no other letter."""
    chance, report = random.Random(7), genuine()  # noqa: S311 - spoilt the same each time
    key = bounce_of(report, MARKS)
    assert key is not None
    for _ in range(1000):
        spoilt = bytearray(report)
        for _ in range(chance.randrange(1, 20)):
            place = chance.randrange(len(spoilt))
            spoilt[place : place + chance.randrange(30)] = chance.randbytes(chance.randrange(30))
        found = bounce_of(bytes(spoilt), MARKS)
        assert found is None or found.key == key.key


@dataclass(frozen=True)
class Door:
    """An open door, and what came in."""

    posts: BouncePosts
    world: World

    async def post(self, body: bytes, headers: dict[str, str]) -> int | None:
        """Post; return the status, None where the connection was ended before."""
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(self.posts.url, data=io.BytesIO(body), headers=headers) as response,
            ):
                return response.status
        except aiohttp.ClientError:
            return None


@pytest.fixture
async def door(world: World) -> AsyncIterator[Door]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    posts = BouncePosts(f"http://127.0.0.1:{listening.getsockname()[1]}{PATH}", SECRET, MARKS, CLOCK)
    async with served(Starlette(routes=[Webhook(posts, world.updates()).route()]), listening):
        yield Door(posts, world)


async def test_without_the_secret_nothing_is_read(door: Door) -> None:
    """No secret, a wrong one and another form of it are refused; with it a report is taken once."""
    report = genuine()

    for headers in (
        {},
        {"Authorization": "Bearer x"},
        {"Authorization": SECRET},
        {"Authorization": "Bearer é"},
    ):
        assert 401 == await door.post(report, headers)
    assert 0 == await door.world.count("handled_update")
    assert [200, 200] == [await door.post(report, AUTHORIZED) for _ in range(2)]
    assert 1 == await door.world.count("handled_update")


async def test_costly_mail_holds_up_nobody(door: Door) -> None:
    """Mail of every costly form, and a body that is too long, holds the loop for a quarter second at most."""
    async with Heartbeat() as heart:
        statuses = [await door.post(mail[:LONGEST], AUTHORIZED) for mail in COSTLY.values()]
        too_long = await door.post(b"x" * (LONGEST + 1), AUTHORIZED)

    assert {200} == set(statuses)
    assert too_long in {400, None}
    assert heart.longest < LONGEST_HOLD
    assert 0 == await door.world.count("handled_update")


async def test_the_command_hands_mail_over_or_has_it_kept(door: Door, tmp_path: Path) -> None:
    """`docwatch bounce` posts the first part of any mail; where the notifier is away the server keeps it."""
    url = door.posts.url.removesuffix(PATH)
    secret = tmp_path / "secret"
    secret.write_text(SECRET)

    async def run(mail: bytes, to: str, **environment: str) -> int:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli", "bounce", "--to", to),
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", **environment},
        )
        await process.communicate(mail)
        return process.returncode or 0

    given = {"DOCWATCH_BOUNCE_SECRET_FILE": str(secret)}
    assert 0 == await run(genuine() + b"x" * 3_000_000, url, **given)
    assert 1 == await door.world.count("handled_update")
    assert 0 == await run(b"hello", url, **given)
    assert TRY_LATER == await run(genuine(), url, DOCWATCH_BOUNCE_SECRET="wrong")  # noqa: S106 - a test's own
    assert TRY_LATER == await run(genuine(), "http://127.0.0.1:9", **given)
    assert TRY_LATER == await run(genuine(), url)


def test_a_mail_without_end_is_read_to_its_end_and_kept_to_a_bound() -> None:
    """What is beyond the bound is taken from whoever writes it, and forgotten."""
    stream = io.BytesIO(b"x" * 5_000_000)

    assert LONGEST == len(begin_of(stream))
    assert b"" == stream.read()


async def harmful(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, greeting: bytes) -> None:
    """Serve one connection: a greeting, then whatever a chance says."""
    chance = random.Random(len(greeting))  # noqa: S311 - the same each time
    writer.write(greeting)
    try:
        while await reader.readline():
            writer.write(
                chance.choice(
                    [b"250 ok\r\n", b"250-" + b"x" * 9000 + b"\r\n", b"\x00" * 50_000, b"421 bye\r\n"]
                )
            )
            await writer.drain()
    except (ConnectionError, ValueError):
        pass
    finally:
        writer.close()


GREETINGS = {
    "endless": b"220-" + b"hello\r\n220-" * 100_000,
    "no line": b"2" * 5_000_000,
    "silent": b"",
    "foreign": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "good": b"220 hello\r\n",
}


@pytest.mark.parametrize("name", GREETINGS)
async def test_a_harmful_server_holds_up_nobody(name: str) -> None:
    """Whatever a server says, or does not, a call ends in time, the loop goes on, nothing counts as sent."""
    greeting = GREETINGS[name]
    server = await asyncio.start_server(lambda r, w: harmful(r, w, greeting), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connections = Connections(
        Server("127.0.0.1", port, "none"), CLOCK, most=4, timeouts=Timeouts(0.5, 0.3, 0.3)
    )
    opened = EmailChannel.open(
        connections, stationery(), CLOCK, public_url="https://d.example", domain_rate=1000.0
    )
    async with server, opened as channel, Heartbeat() as heart:
        calls = [channel.send("citizen.1@mail.example", Message(literal("x")), uuid4()) for _ in range(8)]
        async with asyncio.timeout(20):
            results: list[Result] = await asyncio.gather(*calls)

    assert not [one for one in results if isinstance(one, Accepted)]
    assert {type(one) for one in results} <= {NotSent, Throttled, Unknown}
    assert heart.longest < LONGEST_HOLD
