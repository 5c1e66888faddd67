"""What each refusal of Telegram means, in the words that Telegram uses."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.error import BadRequest, TelegramError
from telegram.request import RequestData

from services.notifier.channels.redaction import Redaction
from services.notifier.channels.telegram.errors import (
    NotSentError,
    cannot_edit,
    result_of,
)
from services.notifier.channels.telegram.transport import AiohttpRequest, Timeouts, _Answer
from services.notifier.channels.throttle import CHATS, Refusals
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Moved,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)

MARK = "MARKED-part"
TOKEN = f"7000000002:{MARK}"
REDACTED = Redaction(TOKEN)


class Answering(AiohttpRequest):
    """Our transport with the network taken out: it always gets the same answer."""

    def __init__(self, answer: _Answer) -> None:
        super().__init__(Timeouts())
        self._answer = answer

    async def _exchange(self, *_: object) -> _Answer:
        return self._answer


async def result(code: int, body: bytes, *, replaces: str | None = None, header: str | None = None) -> Result:
    """The way of an answer through our transport, python-telegram-bot's own parser and our reading of it."""
    try:
        await Answering(_Answer(code, header, body)).post(f"http://localhost/bot{TOKEN}/x", RequestData())
    except TelegramError as error:
        return result_of(error, REDACTED, replaces)
    return Accepted("1")


def refusal(code: int, description: str, **parameters: int) -> bytes:
    answer = {"ok": False, "error_code": code, "description": description}
    return json.dumps(answer | ({"parameters": parameters} if parameters else {})).encode()


@pytest.mark.parametrize(
    ("code", "description", "reason"),
    [
        (403, "Forbidden: bot was blocked by the user", "blocked"),
        (403, "Forbidden: user is deactivated", "deactivated"),
        (403, "Forbidden: bot can't initiate conversation with a user", "never_started"),
        (403, "Forbidden: bot was kicked from the group chat", "no_member"),
        (403, "Forbidden: bot was kicked from the supergroup chat", "no_member"),
        (403, "Forbidden: bot was kicked from the channel chat", "no_member"),
        (403, "Forbidden: bot is not a member of the channel chat", "no_member"),
        (400, "Bad Request: chat not found", "not_found"),
        (400, "Bad Request: private chat not found", "not_found"),
        (400, "BAD REQUEST: CHAT NOT FOUND", "not_found"),
        (400, "Bad Request: user not found", "not_found"),
        (400, "Bad Request: PEER_ID_INVALID", "not_found"),
        (400, "[Error]: PEER_ID_INVALID", "not_found"),
        (400, "Bad Request: PEER_ID_NOT_SUPPORTED", "not_found"),
        (400, "Bad Request: CHAT_ID_INVALID", "not_found"),
        (400, "Bad Request: USER_ID_INVALID", "not_found"),
        (400, "Bad Request: CHANNEL_INVALID", "not_found"),
        (400, "Bad Request: have no write access to the chat", "not_found"),
        (403, "Forbidden: bots can't send messages to bots", "not_found"),
        (403, "Forbidden: bot can't send messages to bots", "not_found"),
        (400, "Bad Request: USER_IS_BOT", "not_found"),
        (403, "Forbidden: USER_IS_BLOCKED", "blocked"),
        (400, "Bad Request: PRIVACY_PREMIUM_REQUIRED", "blocked"),
        (400, "Bad Request: USER_PRIVACY_RESTRICTED", "blocked"),
        (400, "Bad Request: ALLOW_PAYMENT_REQUIRED_50", "blocked"),
        (403, "Forbidden: user is deleted", "deactivated"),
        (400, "Bad Request: INPUT_USER_DEACTIVATED", "deactivated"),
        (403, "Forbidden: the group chat was deleted", "no_member"),
        (403, "Forbidden: bot is not a member of the group chat", "no_member"),
        (403, "Forbidden: bot is not a member of the supergroup chat", "no_member"),
        (400, "Bad Request: have no rights to send a message", "no_member"),
        (400, "Bad Request: not enough rights to send text messages to the chat", "no_member"),
        (400, "Bad Request: need administrator rights in the channel chat", "no_member"),
        (400, "Bad Request: group chat was upgraded to a supergroup chat", "no_member"),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", "no_member"),
        (400, "Bad Request: CHAT_RESTRICTED", "no_member"),
        (400, "Bad Request: CHAT_ADMIN_REQUIRED", "no_member"),
        (400, "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN", "no_member"),
        (400, "Bad Request: CHAT_SEND_DOCS_FORBIDDEN", "no_member"),
        (400, "Bad Request: CHANNEL_PRIVATE", "no_member"),
        (400, "Bad Request: USER_BANNED_IN_CHANNEL", "no_member"),
    ],
)
async def test_unreachable(code: int, description: str, reason: str) -> None:
    """Whoever cannot be written to is unreachable, with the reason, whatever the case of the words."""
    found = await result(code, refusal(code, description))

    assert isinstance(found, Unreachable)
    assert reason == found.reason


@pytest.mark.parametrize(
    ("code", "description", "reason"),
    [
        (
            400,
            'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 4',
            "unparseable",
        ),
        (400, "Bad Request: message is too long", "too_long"),
        (400, "Bad Request: message text is empty", "empty"),
        (400, "Bad Request: message to edit not found", "rejected"),
        (400, "Bad Request: something nobody has seen", "rejected"),
        (400, "Bad Request: message is not modified: the same", "rejected"),
        (400, "Bad Request: ENTITY_BOUNDS_INVALID", "unparseable"),
        (400, "Bad Request: ENTITIES_TOO_LONG", "unparseable"),
        (400, "Bad Request: MESSAGE_TOO_LONG", "too_long"),
        (400, "Bad Request: message caption is too long", "too_long"),
        (400, "Bad Request: MEDIA_CAPTION_TOO_LONG", "too_long"),
        (413, "Request Entity Too Large", "too_long"),
        (400, "Bad Request: MESSAGE_EMPTY", "empty"),
        (400, "Bad Request: text must be non-empty", "empty"),
        (400, "Bad Request: reply markup is too long", "rejected"),
        (400, "Bad Request: BUTTON_DATA_INVALID", "rejected"),
        (400, "Bad Request: BUTTON_URL_INVALID", "rejected"),
        (400, "Bad Request: wrong HTTP URL specified", "rejected"),
    ],
)
async def test_permanent(code: int, description: str, reason: str) -> None:
    """What is wrong with the message itself stays wrong and says what it is."""
    found = await result(code, refusal(code, description))

    assert isinstance(found, Permanent)
    assert reason == found.reason


@pytest.mark.parametrize(
    "said",
    [
        "timeout",
        "Timeout",
        "RPC_CALL_FAIL",
        "MSG_WAIT_FAILED",
        "WORKER_BUSY_TOO_LONG_RETRY",
        "RANDOM_ID_DUPLICATE",
    ],
)
async def test_a_fault_of_the_server_is_no_refusal(said: str) -> None:
    """What the server passes on under 400 though it failed itself may have been sent: unknown."""
    assert isinstance(await result(400, refusal(400, f"Bad Request: {said}")), Unknown)


async def test_a_server_that_is_logged_out_refuses_the_account() -> None:
    """A Bot API server that lost its session says so under 400: no message is at fault."""
    assert isinstance(await result(400, refusal(400, "Logged out")), AccountDown)


@given(st.sampled_from(["'{}'", '"{}"', "`{}`", "“{}”"]), st.from_regex(r"\A[^\W\d_]{4,20}\Z"))
def test_details_hold_nothing_of_the_message(quotes: str, word: str) -> None:
    """What a refusal quotes, and whatever may be an address, is left out of what is stored and logged."""
    said = f"Bad Request: can't parse entities: unsupported tag {quotes.format(word)} near ключове слово"

    detail = REDACTED(f"{said} in chat 7000000123 of @somebody at https://t.me/x?start=SECRET")

    assert "unsupported tag <quoted> near" in detail
    assert not any(part in detail for part in ("7000000123", "somebody", "SECRET", "ключове"))


@pytest.mark.parametrize(
    "quoted", ['"Mum "the" best" here', '"Mum\nthe best', "'Mum's \"the\" best' here", "“Mum the best"]
)
def test_marks_inside_of_what_is_quoted_let_nothing_out(quoted: str) -> None:
    """Whatever a message holds itself, marks or line breaks, or where it was cut, none of its words stays."""
    detail = REDACTED(f"BadRequest: can't parse entities: unsupported start tag {quoted}")

    assert detail.startswith("BadRequest: can't parse entities: unsupported start tag <quoted>")
    assert not {"Mum", "the", "best"} & set(detail.split())


async def test_an_edit_that_changes_nothing_is_accepted() -> None:
    """A message that already looks as wanted is as good as edited."""
    found = await result(400, refusal(400, "Bad Request: message is not modified: x"), replaces="17")

    assert Accepted("17") == found


async def test_a_moved_chat_tells_its_new_address() -> None:
    """The chat's new id comes back as an address."""
    body = refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1005)

    assert Moved("-1005") == await result(400, body)


@pytest.mark.parametrize(
    ("body", "header", "seconds"),
    [
        (refusal(429, "Too Many Requests: retry after 5", retry_after=5), "9", 5.0),
        (refusal(429, "Too Many Requests"), "9", 9.0),
        (refusal(429, "Too Many Requests"), None, 1.0),
        (refusal(429, "Too Many Requests", retry_after=0), None, 1.0),
        (refusal(429, "Too Many Requests"), "soon", 1.0),
        (refusal(429, "Too Many Requests"), "inf", 1.0),
    ],
)
async def test_throttled(body: bytes, header: str | None, seconds: float) -> None:
    """Both forms of the wait are understood, the body's first, and a wait is never shorter than a second."""
    assert Throttled(seconds, "chat") == await result(429, body, header=header)


@pytest.mark.parametrize("code", [401, 404])
async def test_a_refused_account_is_down(code: int) -> None:
    """A revoked or malformed token is the account's trouble, not the message's."""
    assert isinstance(await result(code, refusal(code, "Unauthorized")), AccountDown)


@pytest.mark.parametrize("code", [200, 400, 401, 403, 404, 429, 500, 502, 504])
@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"", b'{"ok":tr', b"[]", b'"x"', b"\xff"])
async def test_answers_that_are_not_the_bot_api(code: int, body: bytes) -> None:
    """Whatever stands between us and Telegram tells nothing about the message: unknown."""
    assert isinstance(await result(code, body), Unknown)


@pytest.mark.parametrize("code", [302, 409, 500, 502, 504])
async def test_what_is_neither_yes_nor_no_is_unknown(code: int) -> None:
    """Server errors, and refusals that a message never gets, leave the outcome open."""
    assert isinstance(await result(code, refusal(code, "Internal Server Error: restart")), Unknown)


async def test_a_result_is_read() -> None:
    """A success is a success."""
    assert Accepted("1") == await result(200, b'{"ok":true,"result":{"message_id":1}}')


async def test_a_closed_channel_sends_nothing() -> None:
    """After the channel is closed, nothing is sent and the error says so."""
    with pytest.raises(NotSentError) as caught:
        await AiohttpRequest(Timeouts()).do_request("http://localhost", "POST")

    assert isinstance(result_of(caught.value, REDACTED), NotSent)


def test_only_a_lost_message_cannot_be_edited() -> None:
    """A message is sent anew only where the old one is gone."""
    assert cannot_edit(BadRequest("Message to edit not found"))
    assert cannot_edit(BadRequest("MESSAGE_ID_INVALID"))
    assert not cannot_edit(BadRequest("Message is not modified: x"))


@given(st.text(max_size=300), st.text(max_size=300))
def test_details_never_hold_the_token(before: str, after: str) -> None:
    """Whatever surrounds it, plain or quoted, the token is gone and the detail is short."""
    said = [REDACTED(f"{before}{token}{after}") for token in (TOKEN, TOKEN.replace(":", "%3A"))]

    assert not any(MARK in text for text in said)
    assert all(len(text) <= 200 for text in said)
    assert "MARKED" not in repr(REDACTED)


@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=30))
def test_only_refusals_in_a_row_mean_the_account(steps: list[str | None]) -> None:
    """The account is meant exactly when enough different chats were refused since something got through."""
    refusals, row = Refusals(), set[str]()
    for chat in steps:
        refusals = Refusals() if chat is None else refusals.with_another(chat)
        row = set() if chat is None else row | {chat}

    assert ("account" if len(row) >= CHATS else "chat") == refusals.scope
