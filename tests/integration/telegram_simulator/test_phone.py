"""The phone's API: what citizens do, what pages are told, how receipts are scanned."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.clients.telegram import SandboxClient, SandboxError
from sandbox.telegram.world.model import Json
from tests.integration.telegram_simulator.conftest import SETTINGS

LINK = f"https://t.me/{SETTINGS.bot_username}?start="
RECEIPT: dict[str, Any] = {
    "receipt_id": "r-1",
    "document": "Закордонний паспорт",
    "holder": "Олена",
    "code": "ABCD-EFGH-JKMN-P",
    "link": f"{LINK}tok_en-1",
    "links": {},
}


async def bot_says(http: httpx.AsyncClient, citizen: int, text: str, **more: Json) -> Json:
    body = {"chat_id": citizen, "text": text, **more}
    response = await http.post(f"/bot{SETTINGS.bot_token}/sendMessage", json=body)
    found: Json = response.json()["result"]
    return found


async def test_a_new_citizen_has_an_empty_phone(phone: SandboxClient) -> None:
    """Who is created is in the state, unknown to the bot, with nothing to read."""
    citizen = await phone.create_citizen("  Олена ", "uk")

    state = await phone.state()

    assert {"username": SETTINGS.bot_username, "name": SETTINGS.bot_name} == state["bot"]
    assert [
        {
            "id": citizen,
            "name": "Олена",
            "language": "uk",
            "started": False,
            "blocked": False,
            "unread": 0,
            "last": None,
        }
    ] == state["citizens"]
    assert [] == state["receipts"]


async def test_unread_messages_are_counted_until_read(phone: SandboxClient, http: httpx.AsyncClient) -> None:
    """Each message of the bot adds one to unread; reading brings it to nothing."""
    citizen = await phone.create_citizen("Олена")
    await phone.say(citizen, "/start")
    for text in ("one", "two"):
        await bot_says(http, citizen, text)

    (seen,) = (await phone.state())["citizens"]
    read = await phone.read(citizen)

    assert (2, "two", True) == (seen["unread"], seen["last"]["text"], seen["started"])
    assert read["unread"] == 0
    assert ["two"] == [message["text"] for message in await phone.messages(citizen, after=2)]


async def test_a_scanned_receipt_starts_the_chat(phone: SandboxClient) -> None:
    """Opening a receipt's link sends /start with its payload and notes who scanned it, once."""
    citizen = await phone.create_citizen("Олена")
    await phone.put_receipts([RECEIPT])

    sent = await phone.open(citizen, RECEIPT["link"])
    await phone.open(citizen, RECEIPT["link"])
    await phone.put_receipts([RECEIPT | {"holder": "Марія"}])

    assert ("/start tok_en-1", "citizen") == (sent["text"], sent["from"])
    (receipt,) = (await phone.state())["receipts"]
    assert RECEIPT | {"holder": "Марія", "scanned_by": [citizen]} == receipt


async def test_one_receipt_can_be_put_alone(http: httpx.AsyncClient) -> None:
    """A single receipt and a list of them are both taken."""
    responses = [await http.post("/phone/api/receipts", json=body) for body in (RECEIPT, [RECEIPT])]

    assert [201, 201] == [response.status_code for response in responses]


async def test_opening_a_link_unblocks(phone: SandboxClient) -> None:
    """Pressing Start on a blocked bot unblocks it first."""
    citizen = await phone.create_citizen("Олена")
    await phone.open(citizen, LINK + "a")
    await phone.block(citizen)

    await phone.open(citizen, LINK + "b")

    (seen,) = (await phone.state())["citizens"]
    assert (False, "/start b") == (seen["blocked"], seen["last"]["text"])


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/?start=a",
        "https://t.me/other_bot?start=a",
        f"{LINK}{'a' * 65}",
        f"{LINK}a%20b",
        "javascript:alert(1)",
        "https://[",
    ],
)
async def test_a_foreign_link_is_refused(phone: SandboxClient, link: str) -> None:
    """Only this bot's links with a sound payload can be opened."""
    citizen = await phone.create_citizen("Олена")

    with pytest.raises(SandboxError) as refused:
        await phone.open(citizen, link)

    assert refused.value.status == 400
    assert [] == await phone.messages(citizen)


async def test_what_cannot_be_done_says_why(phone: SandboxClient, http: httpx.AsyncClient) -> None:
    """Unknown citizens, messages and buttons, empty texts and a blocked bot are each a 4xx with a reason."""
    citizen = await phone.create_citizen("Олена")
    await phone.say(citizen, "/start")
    keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
    sent = (await bot_says(http, citizen, "?", reply_markup=keyboard))["message_id"]

    for status, deed in (
        (404, phone.say(5, "x")),
        (400, phone.say(citizen, " ")),
        (400, phone.say(citizen, "x" * 4097)),
        (404, phone.press(citizen, 99, "x")),
        (409, phone.press(citizen, sent, "y")),
        (400, phone.create_citizen(" ")),
        (400, phone.create_citizen("x", "de")),
    ):
        with pytest.raises(SandboxError) as refused:
            await deed
        assert status == refused.value.status
    await phone.block(citizen)
    for deed in (phone.say(citizen, "x"), phone.press(citizen, sent, "x")):
        with pytest.raises(SandboxError) as refused:
            await deed
        assert refused.value.status == 409


async def events(lines: AsyncIterator[str], count: int) -> list[tuple[str, Any]]:
    found, name = [], ""
    async for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            found.append((name, json.loads(line.removeprefix("data: "))))
            if len(found) == count:
                break
    return found


async def test_a_page_is_told_of_everything(phone: SandboxClient, http: httpx.AsyncClient) -> None:
    """The stream brings messages, edits, citizens, receipts, toasts and typing as they happen."""
    citizen = await phone.create_citizen("Олена")
    token = SETTINGS.bot_token
    keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}

    async with http.stream("GET", "/phone/api/stream") as response:
        lines = response.aiter_lines()
        assert "retry: 1000" == await anext(lines)
        await phone.put_receipts([RECEIPT])
        await phone.open(citizen, RECEIPT["link"])
        sent = (await bot_says(http, citizen, "?", reply_markup=keyboard))["message_id"]
        query_id = await phone.press(citizen, sent, "x")
        answer = {"callback_query_id": query_id, "text": "Ok"}
        await http.post(f"/bot{token}/answerCallbackQuery", data=answer)
        edit = {"chat_id": citizen, "message_id": sent, "text": "!"}
        await http.get(f"/bot{token}/editMessageText", params=edit)
        await http.post(f"/bot{token}/sendChatAction", json={"chat_id": citizen, "action": "typing"})
        found = await events(lines, 10)

    assert "text/event-stream" == response.headers["Content-Type"]
    assert [
        ("receipt", []),
        ("message", "/start tok_en-1"),
        ("citizen", 0),
        ("receipt", [citizen]),
        ("message", "?"),
        ("citizen", 1),
        ("toast", "Ok"),
        ("message", "!"),
        ("citizen", 1),
        ("typing", "typing"),
    ] == [(name, data.get("text", data.get("unread", data.get("scanned_by")))) for name, data in found]
    assert found[7][1]["edited"]


async def test_the_page_is_served(http: httpx.AsyncClient) -> None:
    """The page comes with a policy that lets it talk to this server only; nothing outside is served."""
    page = await http.get("/")

    assert (200, "text/html") == (page.status_code, page.headers["Content-Type"].partition(";")[0])
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for path in ("/assets/../../api.py", "/assets/..%2f..%2fapi.py", "/assets/nothing.js"):
        assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"chat_id": 700000001, "text": "\\ud800"}',
        b'{"chat_id": 700000001, "text": "x", "reply_markup": "{"}',
        b'{"chat_id": 700000001, "text": "x", "reply_markup": {"inline_keyboard": [[7]]}}',
        b'{"chat_id": 700000001, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "\\ud800"}]]}}',
        b'{"chat_id": 700000001, "text": "x", "entities": [7]}',
        b'{"chat_id": 99999999999999999999999999, "text": "x"}',
        b'{"chat_id": [], "text": "x"}',
        b'{"chat_id": 700000001, "text": "x", "parse_mode": "nonsense"}',
        b'{"chat_id": 700000001}',
        b'{"text": "x"}',
    ],
)
async def test_garbage_is_a_400_in_an_envelope(
    phone: SandboxClient, http: httpx.AsyncClient, body: bytes
) -> None:
    """Whatever a bot sends, the answer is an envelope, never a crash, and nothing is stored."""
    citizen = await phone.create_citizen("Олена")
    await phone.say(citizen, "/start")

    headers = {"Content-Type": "application/json"}
    response = await http.post(f"/bot{SETTINGS.bot_token}/sendMessage", content=body, headers=headers)

    assert (400, False, 400) == (
        response.status_code,
        response.json()["ok"],
        response.json()["error_code"],
    )
    assert len(await phone.all_messages()) == 1
