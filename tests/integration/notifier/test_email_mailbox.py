"""Reports read from a mailbox of another program's server (pymap), and what becomes of them."""

import asyncio
import contextlib
import imaplib
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from runtime.embedded import ports
from sandbox.email.model import Mail
from sandbox.email.reports import Action, report_on
from services.notifier.channels.base import ChannelDownError
from services.notifier.channels.email.addresses import mailbox_of
from services.notifier.channels.email.mailbox import BounceMailbox
from services.notifier.channels.email.server import Server
from services.notifier.domain.addresses.confirmations import LOWEST_UPDATE
from services.notifier.domain.incoming import DeliveryReceipt, Incoming
from services.notifier.domain.messages import Message
from services.notifier.wording.markup import literal
from tests.integration.notifier.email_bench import FROM, marks_of, stationery
from tests.integration.notifier.world import CLOCK

MARKS = marks_of()
USER, PASSWORD = "bounces", "word"
AT = datetime(2026, 11, 30, 13, 5, tzinfo=UTC)
COLLEAGUE = b"From: a@agency.example\r\nTo: b@agency.example\r\nSubject: lunch\r\n\r\nAction: failed\r\n"


def report(key: UUID, action: Action = "failed", status: str = "5.1.1") -> bytes:
    raw = stationery(MARKS).letter(Message(literal("x")), mailbox_of("olena@mail.example"), key, AT)
    sender, envelope_id = MARKS.sender(key, FROM), MARKS.envelope_id(key)
    return report_on(Mail(1, 1, sender, "olena@mail.example", envelope_id, raw, AT), AT, status, action)


@dataclass
class Post:
    """A server of IMAP with one mailbox, and our reader of it."""

    port: int
    reader: BounceMailbox = field(init=False)

    def __post_init__(self) -> None:
        server = Server("127.0.0.1", self.port, "none", USER, PASSWORD)
        self.reader = BounceMailbox(server, MARKS, CLOCK, look_seconds=0.0)

    async def comes(self, *mails: bytes) -> None:
        """Put mails into the mailbox."""
        await asyncio.to_thread(
            self._with, lambda box: [box.append("INBOX", None, None, one) for one in mails]
        )

    async def there(self) -> int:
        """Count what is in the mailbox."""
        found: list[int] = []
        await asyncio.to_thread(
            self._with, lambda box: found.append(len(box.uid("SEARCH", "ALL")[1][0].split()))
        )
        return found[0]

    def _with(self, do: Callable[[imaplib.IMAP4], object]) -> None:
        box = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        box.login(USER, PASSWORD)
        box.select("INBOX")
        do(box)
        box.logout()

    async def fetched(self, after: int | None = None) -> list[Incoming]:
        """Look once."""
        return list(await self.reader.fetch(after, 0.1))


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    port = ports.pick("127.0.0.1")
    login = ("--demo-user", USER, "--demo-password", PASSWORD)
    arguments = ("--host", "127.0.0.1", "--port", str(port), "dict", *login)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from pymap.main import main; main()", *arguments),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.05)
        yield Post(port)
    finally:
        process.kill()
        await process.wait()


def keys(found: list[Incoming]) -> list[UUID | None]:
    return [one.body.delivery for one in found if isinstance(one.body, DeliveryReceipt)]


async def test_reports_are_read_in_order_and_deleted_once_dealt_with(post: Post) -> None:
    """Each report is a receipt with a number that grows; the next look deletes those before it, no other."""
    first, second = uuid4(), uuid4()
    await post.comes(COLLEAGUE, report(first), COLLEAGUE, report(second))

    found = await post.fetched()
    again = await post.fetched()
    there = await post.there()
    later = await post.fetched(found[0].number)
    after = await post.fetched(found[-1].number)

    assert [first, second] == keys(found) == keys(again)
    assert found[0].number < found[1].number
    assert 4 == there
    assert ([second], []) == (keys(later), after)
    assert 2 == await post.there()


async def test_what_is_no_report_about_a_letter_of_ours_stays(post: Post) -> None:
    """Delays and reports on letters of others are passed over, once, and left to people."""
    foreign = report(uuid4()).replace(b"bounces+", b"bounces+x")
    await post.comes(report(uuid4(), "delayed", "4.4.1"), foreign.replace(b"-", b"_"))

    found = await post.fetched()
    after = await post.fetched(max(one.number for one in found))

    assert [] == keys(found)
    assert not any(one.private for one in found)
    assert [] == after
    assert 2 == await post.there()


async def test_a_mailbox_that_was_made_anew_is_read_from_its_beginning(post: Post) -> None:
    """A number of another generation counts for nothing."""
    key = uuid4()
    await post.comes(report(key))

    assert [key] == keys(await post.fetched(7 << 32 | 4_000_000_000))


async def test_a_server_that_is_away_or_refuses_is_told_without_its_password(post: Post) -> None:
    """Nothing raises but the error after which it is asked again."""
    for server in (
        Server("127.0.0.1", post.port, "none", USER, "wr0ng"),
        Server("127.0.0.1", post.port, "none", USER, PASSWORD, "no such folder"),
        Server("127.0.0.1", 9, "none", USER, PASSWORD),
        Server("127.0.0.1", post.port, "at_once", USER, PASSWORD),
    ):
        with pytest.raises(ChannelDownError) as caught:
            await BounceMailbox(server, MARKS, CLOCK, look_seconds=0.0).fetch(None, 0.1)
        assert "wr0ng" not in str(caught.value)


async def test_the_server_is_not_asked_all_the_time(post: Post) -> None:
    """Between two looks a call only waits, as long as it may."""
    patient = BounceMailbox(post.reader.server, MARKS, CLOCK, look_seconds=3600.0)
    await post.comes(report(uuid4()))

    assert 1 == len(await patient.fetch(None, 0.1))
    assert () == await patient.fetch(None, 0.01)


@pytest.mark.parametrize("generation", [1, 1_796_050_000, 0xFFFFFFFF])
async def test_no_mail_has_the_number_of_a_confirmation(generation: int) -> None:
    """However a server counts its generations, such as in seconds, confirmations lie above its mails."""
    answers = {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
        b"SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY %d] x\r\n" % generation,
        b"UID": b"* SEARCH 4294967295\r\n",
    }

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            tag, command, *_ = line.split()
            writer.write(answers.get(command.upper(), b"") + tag + b" OK done\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listener:
        (found,) = await Post(listener.sockets[0].getsockname()[1]).fetched()

    assert 0 < found.number < LOWEST_UPDATE
