"""SMS by a described gateway over real HTTP: what goes out, what each answer means, what comes in."""

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs
from uuid import UUID

import orjson
import pytest
from aiohttp import web

from runtime.clock import SystemClock
from services.notifier.channels.http_calls import Timeouts
from services.notifier.channels.sms.channel import SmsChannel
from services.notifier.channels.sms.opening import open_by_gateway
from services.notifier.domain.incoming import Blocked, DeliveryReceipt, Unblocked
from services.notifier.domain.messages import Message, Run
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
from tests.integration.notifier.sms_bench import KEYS, SmsBench, sms_bench, written
from tests.integration.notifier.viber_peer import Answer, body, endless, reset, truncated

KEY = UUID(int=7)
NUMBER = "+380671234567"
TAKEN = b'{"messages": [{"messageId": "a-1"}]}'
HELLO = Message(literal("Hello & welcome"))
EXAMPLES = Path(__file__).parents[3] / "deploy" / "sms"


@dataclass
class Peer:
    """A gateway that answers each call as the test says, the last answer again and again."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        self.asked.append((dict(request.headers), await request.read()))
        return await (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])(request)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    made = Peer()
    app = web.Application()
    app.router.add_post("/send", made.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/send"
    yield made
    await runner.cleanup()


@asynccontextmanager
async def opened(peer: Peer, folder: Path, example: str, **changes: str) -> AsyncIterator[SmsChannel]:
    """Open the channel by an example's description, changed here and there, which leads to the peer."""
    lines = (EXAMPLES / example).read_text("utf-8").splitlines()
    text = "\n".join(
        f"{name}: {changes[name]}" if (name := line.partition(":")[0]) in changes else line for line in lines
    ).replace(next(line for line in lines if line.startswith("url:")), f"url: {peer.url}")
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(
            open_by_gateway(
                written(folder, text),
                KEYS,
                public_url="https://docs.agency.example",
                sender="Agency of the catalogue",
                clock=SystemClock(),
                timeouts=Timeouts(connect=2.0, read=0.3),
            )
        )
        yield made.channel


async def sent(channel: SmsChannel, text: str = "Hello") -> Result:
    """Send one text."""
    return await channel.send(NUMBER, Message(literal(text)), KEY)


async def test_json_goes_out_as_described(peer: Peer, tmp_path: Path) -> None:
    """Number, text, sender, key and door stand where the description says, whatever the text holds."""
    peer.answers = [body(TAKEN, 202)]
    nasty = 'Ваш "паспорт" {number} ${DOCWATCH_SMS_KEY} \\ </script>'
    async with opened(peer, tmp_path, "json-gateway.yaml") as channel:
        assert [Accepted("a-1"), Accepted("a-1")] == [await sent(channel, nasty), await sent(channel)]

    (headers, first), (_, second) = peer.asked
    door = f"https://docs.agency.example/sms/{KEYS['DOCWATCH_SMS_WEBHOOK_SECRET']}"
    common = {"to": NUMBER, "from": "Agency", "reportUrl": door}
    assert {"messages": [{**common, "text": nasty, "encoding": "ucs2"}]} == orjson.loads(first)
    assert {"messages": [{**common, "text": "Hello", "encoding": "gsm7"}]} == orjson.loads(second)
    assert (f"Bearer {KEYS['DOCWATCH_SMS_KEY']}", str(KEY), "application/json") == (
        headers["Authorization"],
        headers["Idempotency-Key"],
        headers["Content-Type"],
    )


async def test_a_form_goes_out_as_described(peer: Peer, tmp_path: Path) -> None:
    """A form is encoded as one, signed in with user and password, and its decimal id is kept."""
    peer.answers = [body(b'{"status": "0", "id": 281474976710657}')]
    async with opened(peer, tmp_path, "form-gateway.yaml") as channel:
        assert Accepted("281474976710657") == await sent(channel, "a&b=ї")

    ((headers, form),) = peer.asked
    pair = base64.b64encode(f"agency:{KEYS['DOCWATCH_SMS_KEY']}".encode()).decode()
    assert f"Basic {pair}" == headers["Authorization"]
    assert {
        "phone": ["380671234567"],
        "from": ["Agency of the catalogue"],
        "message": ["a&b=ї"],
        "coding": ["8"],
        "client_ref": [str(KEY)],
    } == parse_qs(form.decode())


ANSWERS: list[tuple[str, Answer, Result]] = [
    ("taken", body(TAKEN, 201), Accepted("a-1")),
    ("no id", body(b"{}"), Unknown("no id in the answer")),
    ("no JSON", body(b"OK"), Unknown("no id in the answer")),
    (
        "an id without end",
        body(b'{"messages": [{"messageId": "%s"}]}' % (b"x" * 200)),
        Unknown("no id in the answer"),
    ),
    ("an answer without end", endless, Unknown("an answer without end")),
    ("truncated", truncated, Unknown("ClientPayloadError")),
    ("reset", reset, Unknown("ServerDisconnectedError")),
    ("throttled", body(b"", 429, {"Retry-After": "30"}), Throttled(30.0, "account")),
    ("throttled for ever", body(b"", 429, {"Retry-After": "inf"}), Throttled(1.0, "account")),
    ("a described status", body(b"", 503, {"Retry-After": "9"}), Throttled(9.0, "account")),
    ("a described code", body(b'{"error": {"code": "no_credit"}}', 400), AccountDown("HTTP 400 no_credit")),
    ("nobody's number", body(b'{"error": {"code": "no_route"}}', 400), Unreachable("not_found")),
    ("barred", body(b'{"error": {"code": "opted_out"}}', 200), Unreachable("blocked")),
    (
        "a bad text",
        body(b'{"error": {"code": "text_too_long"}}', 422),
        Permanent("rejected", "HTTP 422 text_too_long"),
    ),
    ("a new code, taken", body(b'{"error": {"code": "sun_spots"}}'), NotSent("HTTP 200 sun_spots")),
    (
        "a new code",
        body(b'{"error": {"code": "sun_spots"}}', 400),
        Permanent("rejected", "HTTP 400 sun_spots"),
    ),
    (
        "a code that quotes",
        body(b'{"error": {"code": "bad +380671234567"}}', 400),
        Permanent("rejected", "HTTP 400 <...>"),
    ),
    ("a wrong key", body(b"", 401), AccountDown("HTTP 401")),
    ("a wrong address", body(b"<html>", 404), AccountDown("HTTP 404")),
    ("moved", body(b"", 302, {"Location": "http://127.0.0.1:9/"}), AccountDown("HTTP 302")),
    ("too much", body(b"", 413), Permanent("too_long", "HTTP 413")),
    ("broken", body(b"<html>", 500), Unknown("HTTP 500")),
    ("bad gateway", body(b'{"messages": [{"messageId": "a-1"}]}', 502), Unknown("HTTP 502")),
    ("too slow itself", body(b"", 408), Unknown("HTTP 408")),
]


@pytest.mark.parametrize(
    ("answer", "expected"), [(one, two) for _, one, two in ANSWERS], ids=[one for one, *_ in ANSWERS]
)
async def test_what_an_answer_means(peer: Peer, tmp_path: Path, answer: Answer, expected: Result) -> None:
    """Each answer has the one result that is true of it, and the next text goes through."""
    peer.answers = [answer, body(TAKEN)]
    async with opened(peer, tmp_path, "json-gateway.yaml", idempotent="false") as channel:
        assert [expected, Accepted("a-1")] == [await sent(channel), await sent(channel)]


@pytest.mark.parametrize("answer", [reset, truncated, endless, body(b"", 500)])
async def test_where_copies_are_known_a_lost_answer_is_no_doubt(
    peer: Peer, tmp_path: Path, answer: Answer
) -> None:
    """A gateway that knows a copy by its key is simply asked again, under the same key."""
    peer.answers = [answer, body(TAKEN)]
    async with opened(peer, tmp_path, "json-gateway.yaml") as channel:
        first, second = await sent(channel), await sent(channel)

    assert (NotSent, Accepted("a-1")) == (type(first), second)
    assert 1 == len({headers["Idempotency-Key"] for headers, _ in peer.asked})


async def test_what_cannot_be_sent_asks_nobody(peer: Peer, tmp_path: Path) -> None:
    """No text, half a character, no number: each is refused here; without a connection nothing was sent."""
    async with opened(peer, tmp_path, "json-gateway.yaml") as channel:
        assert Permanent("empty", "no text") == await sent(channel, " \n")
        assert Permanent("rejected", "a text that is not Unicode") == await sent(channel, "\ud83d")
        assert Unreachable("not_found") == await channel.send("Agency", HELLO, KEY)
    peer.url = "http://127.0.0.1:9/send"
    async with opened(peer, tmp_path, "form-gateway.yaml") as channel:
        assert isinstance(await sent(channel), NotSent)
        assert Permanent("rejected", "a text that is not Unicode") == await sent(channel, "\ud83d")

    assert [] == peer.asked


@pytest.fixture
async def bench() -> AsyncIterator[SmsBench]:
    async with sms_bench() as made:
        yield made


@pytest.mark.parametrize(("text", "parts"), [("a" * 160, 1), ("a" * 161, 2), ("ї" * 70, 1), ("ї" * 71, 2)])
async def test_a_text_costs_its_parts(bench: SmsBench, text: str, parts: int) -> None:
    """What is accepted counts as many messages as the provider bills."""
    address = await bench.person()

    result = await bench.channel.send(address, Message(literal(text)), KEY)

    (message,) = await bench.app.all_messages()
    assert isinstance(result, Accepted)
    assert (parts, parts) == (result.messages, message["parts"])


async def test_emphasis_and_typography_cost_nothing(bench: SmsBench) -> None:
    """A text is plain, and dashes and quotes alone never make it dearer."""
    address = await bench.person()
    text = (Run("Your "), Run("passport", bold=True), Run(" — “ready”…"))

    await bench.channel.send(address, Message(text), KEY)

    (call,) = await bench.app.calls()
    assert ('Your passport - "ready"...', False) == (call["text"], call["unicode"])


async def test_receipts_come_as_they_are_told(bench: SmsBench) -> None:
    """A receipt names the reference that sending gave, at once, later, or as a failure."""
    address = await bench.person()
    citizen = bench.citizens[address]
    await bench.app.lay_fault("failed_later", nth=2)
    first = await bench.channel.send(address, HELLO, KEY)
    lost = await bench.channel.send(address, HELLO, KEY)
    told = await bench.came(2)
    await bench.app.switch(citizen, online=False)
    late = await bench.channel.send(address, HELLO, KEY)
    await bench.app.switch(citizen, online=True)

    assert isinstance(first, Accepted)
    assert isinstance(lost, Accepted)
    assert isinstance(late, Accepted)
    assert {
        DeliveryReceipt(first.reference, "delivered"),
        DeliveryReceipt(lost.reference, "failed"),
    } == {one.body for one in told}
    assert [DeliveryReceipt(late.reference, "delivered")] == [one.body for one in await bench.came(1)]
    assert {address} == {one.address for one in told}


async def test_only_keywords_come_in(bench: SmsBench) -> None:
    """STOP and START are wishes; whatever else is written is confirmed and forgotten."""
    address = await bench.person()
    await bench.channel.send(address, HELLO, KEY)
    await bench.came(1)
    for text in ("Стоп", "START"):
        await bench.says(address, text)
        (came,) = await bench.came(1)
        assert ({"Стоп": Blocked("stopped"), "START": Unblocked()}[text], address) == (
            came.body,
            came.address,
        )
    for text in ("HELP", "де мій паспорт?", "stop sending me all these texts"):
        await bench.says(address, text)
    await bench.says(address, "STOP")

    assert [Blocked("stopped")] == [one.body for one in await bench.came(1)]
