"""Letters to a real server of mail, whose answers and faults are scripted."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from sandbox.deeds import UnknownThingError
from sandbox.email.model import Event, Mail
from sandbox.email.script import Fault, Script
from sandbox.email.server import MailServer
from sandbox.email.world import World
from services.notifier.channels.email.channel import EmailChannel
from services.notifier.channels.email.connections import Connections, Timeouts
from services.notifier.channels.email.server import Server, Tls
from services.notifier.domain.messages import Message
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from services.notifier.wording.markup import literal
from tests.integration.notifier.certificates import Certificates, certificates
from tests.integration.notifier.email_bench import marks_of, stationery
from tests.integration.notifier.world import CLOCK
from tests.waiting import until

HELLO = Message(literal("Hello"))
OLENA, PETRO = "citizen.1@mail.example", "citizen.2@mail.example"
NOBODY_BEYOND = 1000


def people(number: int) -> int:
    """Everybody up to a number is there."""
    if number > NOBODY_BEYOND:
        raise UnknownThingError("nobody")
    return number


@dataclass
class Post:
    """A server of mail and a channel to it."""

    stack: AsyncExitStack
    script: Script = field(default_factory=Script)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = World(None, people, CLOCK, self.events.append)
        self.server = MailServer(self.world, self.script)

    async def channel(
        self,
        tls: Tls = "none",
        login: tuple[str, str] | None = None,
        *,
        client: ssl.SSLContext | None = None,
        most: int = 4,
        timeouts: Timeouts | None = None,
        domain_rate: float = 1000.0,
        keep_seconds: float = 60.0,
        most_letters: int = 100,
    ) -> EmailChannel:
        """Start the server and open a channel to it."""
        port = await self.stack.enter_async_context(self.server.serving("127.0.0.1", 0))
        user, password = login or (None, None)
        connections = Connections(
            Server("127.0.0.1", port, tls, user, password),
            CLOCK,
            most=most,
            tls=client,
            timeouts=timeouts or Timeouts(2.0, 0.5, 0.5),
            keep_seconds=keep_seconds,
            most_letters=most_letters,
        )
        opened = EmailChannel.open(
            connections, stationery(), CLOCK, public_url="https://d.example", domain_rate=domain_rate
        )
        return await self.stack.enter_async_context(opened)

    @property
    def mails(self) -> list[Mail]:
        """What is in the mailboxes."""
        return list(self.world.all_mails())


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with AsyncExitStack() as stack:
        yield Post(stack)


async def sent(channel: EmailChannel, address: str = OLENA) -> Result:
    return await channel.send(address, HELLO, uuid4())


@pytest.mark.parametrize(
    ("fault", "expected", "stored"),
    [
        (Fault("drop", "connect"), NotSent, False),
        (Fault("refuse", "connect", 421, "4.3.2 busy"), Throttled, False),
        (Fault("refuse", "connect", 554, "5.7.1 no"), AccountDown, False),
        (Fault("hang", "connect", seconds=30.0), NotSent, False),
        (Fault("refuse", "ehlo", 421, "4.3.2 busy"), NotSent, False),
        (Fault("refuse", "mail", 451, "4.3.0 later"), Throttled, False),
        (Fault("refuse", "mail", 550, "5.7.1 who are you"), AccountDown, False),
        (Fault("drop", "mail"), NotSent, False),
        (Fault("hang", "mail", seconds=30.0), NotSent, False),
        (Fault("nonsense", "mail"), NotSent, False),
        (Fault("refuse", "rcpt", 450, "4.2.0 greylisted"), Throttled, False),
        (Fault("refuse", "rcpt", 550, "5.1.1 no such user"), Unreachable, False),
        (Fault("refuse", "rcpt", 550, "5.7.1 policy"), Permanent, False),
        (Fault("drop", "rcpt"), NotSent, False),
        (Fault("hang", "rcpt", seconds=30.0), NotSent, False),
        (Fault("nonsense", "rcpt"), NotSent, False),
        (Fault("refuse", "data", 421, "4.3.2 busy"), Throttled, False),
        (Fault("refuse", "data", 554, "5.7.1 policy"), Permanent, False),
        (Fault("drop", "data"), NotSent, False),
        (Fault("hang", "data", seconds=30.0), NotSent, False),
        (Fault("refuse", "end", 451, "4.3.0 later"), Throttled, False),
        (Fault("refuse", "end", 554, "5.7.1 policy"), Permanent, False),
        (Fault("drop", "end"), Unknown, False),
        (Fault("hang", "end", seconds=30.0), Unknown, False),
        (Fault("nonsense", "end"), Unknown, False),
        (Fault("store_then_drop", "end"), Unknown, True),
        (Fault("store_then_hang", "end", seconds=30.0), Unknown, True),
    ],
    ids=lambda given: f"{given.kind} {given.command} {given.code}" if isinstance(given, Fault) else None,
)
async def test_each_fault_at_each_command_has_one_result(
    post: Post,
    fault: Fault,
    expected: type[Result],
    stored: bool,  # noqa: FBT001 - of the table
) -> None:
    """Before a letter it was surely not sent, after it that is open; the next letter goes through."""
    channel = await post.channel(timeouts=Timeouts(0.5, 0.2, 0.2))
    post.script.lay(fault)

    result = await sent(channel)
    came = len(post.mails)
    again = await sent(channel)

    assert expected is type(result)
    assert stored == bool(came)
    assert isinstance(again, Accepted)
    assert came + 1 == len(post.mails)


async def test_connections_are_kept_and_used_again(post: Post) -> None:
    """Letters one after the other go over one connection, those at once over as many as there may be."""
    channel = await post.channel(most=3)

    for _ in range(5):
        assert isinstance(await sent(channel), Accepted)
    alone = post.server.connections
    results = await asyncio.gather(*(sent(channel) for _ in range(20)))

    assert 1 == alone
    assert {Accepted} == {type(result) for result in results}
    assert post.server.connections <= 3


async def test_a_connection_that_was_shut_meanwhile_costs_no_letter(post: Post) -> None:
    """Where the server shut an idle connection, or says that it had enough, the letter goes by a new one."""
    channel = await post.channel()
    assert isinstance(await sent(channel), Accepted)
    for line in list(post.server.lines):
        line.abort()
    after_the_shut = await sent(channel)
    post.script.lay(Fault("drop", "mail"))
    at_its_first_word = await sent(channel)
    post.script.lay(Fault("refuse", "mail", 421, "4.7.0 enough by this connection"))
    with_enough = await sent(channel)

    assert [Accepted] * 3 == [type(one) for one in (after_the_shut, at_its_first_word, with_enough)]
    assert 4 == len(post.mails) == post.server.connections


async def test_a_connection_serves_so_many_letters_and_so_long(post: Post) -> None:
    """After its number of letters a connection is closed, and an idle one after its time."""
    channel = await post.channel(most_letters=2)
    for _ in range(4):
        await sent(channel)
    by_number = post.server.connections
    other = await post.channel(keep_seconds=0.0)
    for _ in range(3):
        await sent(other)

    assert 2 == by_number
    assert 3 == post.server.connections - by_number


async def test_a_call_that_is_given_up_leaves_no_half_letter_behind(post: Post) -> None:
    """After a cancelled call the connection is closed: nobody else's letter goes on where it stopped."""
    channel = await post.channel(most=1, timeouts=Timeouts(5.0, 5.0, 5.0))
    post.script.lay(Fault("hang", "rcpt", seconds=30.0))
    call = asyncio.create_task(sent(channel))

    async def held() -> bool:
        return post.script.commands.get("rcpt") == 1

    await until(held)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)

    assert isinstance(await sent(channel, PETRO), Accepted)
    assert [PETRO] == [mail.recipient for mail in post.mails]


def shows(made: Certificates) -> ssl.SSLContext:
    """What a server shows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate)
    return context


def believes(made: Certificates) -> ssl.SSLContext:
    """What a client takes for good."""
    return ssl.create_default_context(cafile=made.authority)


@pytest.mark.parametrize("tls", ["starttls", "at_once"])
async def test_by_tls_with_a_login(post: Post, tls: Tls, tmp_path: Path) -> None:
    """The server is known by its certificate, and knows us by name and password."""
    made = certificates(tmp_path, "127.0.0.1")
    post.server.certificate, post.server.secure = shows(made), tls == "at_once"
    post.server.login = ("docs", "p:w@rd")
    channel = await post.channel(tls, ("docs", "p:w@rd"), client=believes(made))

    assert isinstance(await sent(channel), Accepted)
    assert isinstance(await sent(channel), Accepted)
    assert 1 == post.server.connections


async def test_a_wrong_password_stops_the_account(post: Post, tmp_path: Path) -> None:
    """A refused login is the account's, and is told without the password."""
    made = certificates(tmp_path, "127.0.0.1")
    post.server.certificate, post.server.login = shows(made), ("docs", "right")
    channel = await post.channel("starttls", ("docs", "wr0ng"), client=believes(made))

    result = await sent(channel)

    assert isinstance(result, AccountDown)
    assert "wr0ng" not in repr(result)
    assert [] == post.mails


async def test_nothing_goes_without_encryption_where_it_is_wanted(post: Post, tmp_path: Path) -> None:
    """A server without STARTTLS, or one whom nobody vouches for, gets neither password nor letter."""
    bare = Post(post.stack)
    assert isinstance(await sent(await bare.channel("starttls", ("docs", "word"))), AccountDown)

    strange = Post(post.stack)
    strange.server.certificate = shows(certificates(tmp_path, "127.0.0.1"))
    channel = await strange.channel("starttls", client=ssl.create_default_context())
    result = await sent(channel)

    assert isinstance(result, AccountDown)
    assert "certificate" in result.detail
    assert set() == {"auth", "mail"} & (bare.script.commands.keys() | strange.script.commands.keys())


async def test_a_domain_that_is_passed_on_to_nobody_stops_no_other(post: Post) -> None:
    """One domain that is not passed on to waits; one after the other, and the account is down."""
    channel = await post.channel()
    post.script.lay(Fault("refuse", "rcpt", 554, "5.7.1 relay access denied", times=4))

    first = await channel.send("a@one.example", HELLO, uuid4())
    again = await channel.send("b@one.example", HELLO, uuid4())
    second = await channel.send("a@two.example", HELLO, uuid4())
    third = await channel.send("a@three.example", HELLO, uuid4())

    assert [Throttled, Throttled, Throttled, AccountDown] == [
        type(one) for one in (first, again, second, third)
    ]


async def test_a_domain_gets_letters_at_its_pace(post: Post) -> None:
    """What is too much for a domain goes back to the queue unsent, and no other domain waits for it."""
    channel = await post.channel(domain_rate=0.5)

    results = [await sent(channel) for _ in range(3)]
    other = await channel.send("somebody@other.example", HELLO, uuid4())

    assert [Accepted, Throttled, Throttled] == [type(one) for one in results]
    assert 1 == len(post.mails)
    assert Unreachable("not_found") == other


@pytest.mark.parametrize("utf8", [True, False])
async def test_letters_of_all_scripts_where_the_server_knows_them(post: Post, utf8: bool) -> None:  # noqa: FBT001 - of the table
    """A name in another script goes by SMTPUTF8; without it the address is refused, not mangled."""
    post.server.utf8 = utf8
    channel = await post.channel()

    result = await channel.send("Олена@mail.example", HELLO, uuid4())
    domain = await channel.send("olena@пошта.укр", HELLO, uuid4())

    assert (Unreachable("not_found") if utf8 else Permanent) == (result if utf8 else type(result))
    assert Unreachable("not_found") == domain
    assert ("rcpt" in post.script.commands) is True


async def test_the_envelope_says_where_reports_go(post: Post) -> None:
    """A server that knows reports is told our name of the letter; the sender bears its mark either way."""
    marks = marks_of()
    channel, key = await post.channel(), uuid4()
    await channel.send(OLENA, HELLO, key)
    post.server.reports = False
    other = await post.channel()
    await other.send(OLENA, HELLO, key)

    told, untold = post.mails
    assert (marks.envelope_id(key), None) == (told.envelope_id, untold.envelope_id)
    assert key == marks.proved(told.sender) == marks.proved(untold.sender)


async def test_a_letter_too_long_for_the_server_is_not_begun(post: Post) -> None:
    """The size that a server names is kept, and the connection goes on."""
    post.server.size = 5000
    channel = await post.channel()

    result = await channel.send(OLENA, Message(literal("x" * 9000)), uuid4())

    assert isinstance(result, Permanent)
    assert "too_long" == result.reason
    assert isinstance(await sent(channel), Accepted)


@pytest.mark.parametrize("text", ["\n.\n.", ".", "..\n.x", "a\r\n.\r\nMAIL FROM:<x@y.example>\r\n"])
async def test_a_line_of_one_dot_ends_no_letter(post: Post, text: str) -> None:
    """Whatever stands in a letter, it is one letter and arrives whole."""
    channel = await post.channel()
    file = Message(literal("x"), subject=text)

    await channel.send(OLENA, Message(literal(text or "-")), uuid4())
    await channel.send(OLENA, file, uuid4())

    assert 2 == len(post.mails)
    assert all(mail.raw.endswith(b"\r\n") for mail in post.mails)


async def test_the_same_message_has_the_same_name_when_sent_again(post: Post) -> None:
    """Copies after an unknown outcome are one letter to who reads them."""
    channel, key = await post.channel(), uuid4()
    post.script.lay(Fault("store_then_drop"))

    unknown = await channel.send(OLENA, HELLO, key)
    accepted = await channel.send(OLENA, HELLO, key)

    names = {
        line for mail in post.mails for line in mail.raw.split(b"\r\n") if line.startswith(b"Message-ID")
    }
    assert [Unknown, Accepted] == [type(unknown), type(accepted)]
    assert 1 == len(names)
    assert isinstance(accepted, Accepted)
    assert accepted.reference.encode() in names.pop()


async def test_the_account_can_be_tried_without_a_letter(post: Post) -> None:
    """The doctor's look sends nothing and tells what sending would meet."""
    port = await post.stack.enter_async_context(post.server.serving("127.0.0.1", 0))
    good = Connections(Server("127.0.0.1", port, "none"), CLOCK, most=1)
    bad = Connections(Server("127.0.0.1", port, "starttls"), CLOCK, most=1)

    assert await good.check() is None
    assert isinstance(await bad.check(), AccountDown)
    assert "mail" not in post.script.commands
