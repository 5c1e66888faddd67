"""The methods of the REST API: what they answer, and what they refuse with which status."""

from typing import Any

import pytest

from sandbox.clients.telegram import SandboxClient
from sandbox.clients.viber import ViberClient
from sandbox.viber.world.model import Json
from tests.integration.viber_simulator.conftest import LINK, SENDER, SETTINGS, Bot, Hook

KEYBOARD = {"Type": "keyboard", "Buttons": [{"ActionBody": "yes", "Text": "<b>Yes</b>"}]}


def keyboard(**button: Any) -> Json:  # noqa: ANN401  # any JSON value
    return {"Type": "keyboard", "Buttons": [{"ActionBody": "x"} | button]}


async def subscribed(viber: ViberClient, citizen: int) -> str:
    account = await viber.subscribe(citizen)
    user_id: str = account["user_id"]
    return user_id


async def test_a_webhook_is_called_before_it_is_set(bot: Bot, hook: Hook) -> None:
    """set_webhook posts a webhook event first, and answers with the events that will come."""
    answer = await bot.call("set_webhook", url=hook.url, event_types=["delivered", "seen"])

    (first,) = hook.got
    assert ("webhook", True) == (first.body["event"], first.body["message_token"] > 2**53)
    assert (0, "ok", ["delivered", "seen"]) == tuple(
        answer[name] for name in ("status", "status_message", "event_types")
    )
    info = await bot.call("get_account_info")
    assert (hook.url, ["delivered", "seen"]) == (info["webhook"], info["event_types"])


async def test_a_webhook_that_does_not_answer_200_is_not_set(bot: Bot, live: Hook) -> None:
    """A webhook that answers otherwise, or not at all, is refused with 1, and the old one stays."""
    live.statuses = [204]
    refused = [await bot.call("set_webhook", url=url) for url in (live.url, "http://127.0.0.1:9/nobody")]

    assert [1, 1] == [answer["status"] for answer in refused]
    assert live.url == (await bot.call("get_account_info"))["webhook"]


@pytest.mark.parametrize("url", ["ftp://x/", "http://agency.example/", "no address", 7, "https://"])
async def test_a_bad_address_is_refused(bot: Bot, url: object) -> None:
    """Only https addresses, and http ones on this machine, can be webhooks."""
    answer = await bot.call("set_webhook", url=url)

    assert (1, "invalidUrl") == (answer["status"], answer["status_message"])


async def test_an_empty_address_removes_the_webhook(
    bot: Bot, viber: ViberClient, live: Hook, olena: int
) -> None:
    """Without a webhook nothing comes and nothing can be sent (10)."""
    receiver = await subscribed(viber, olena)
    await live.some("subscribed")

    removed = await bot.call("set_webhook", url="")
    await viber.say(olena, "anybody there?")

    assert 0 == removed["status"]
    assert 10 == (await bot.text(receiver, "x"))["status"]
    assert ["no webhook", "no webhook"] == [one["end"] for one in (await viber.callbacks())[-2:]]
    assert [] == live.events("message")


@pytest.mark.parametrize(
    ("header", "body", "status", "message"),
    [
        ("", {}, 2, "missing_auth_token"),
        ("x-y-z", {}, 2, "invalidAuthToken"),
        ("", {"auth_token": "x"}, 2, "invalidAuthToken"),
        ("", {"auth_token": SETTINGS.viber.token if SETTINGS.viber else ""}, 0, "ok"),
    ],
)
async def test_the_token_comes_in_the_header_or_the_body(
    bot: Bot, header: str, body: Json, status: int, message: str
) -> None:
    """Without a token, or with another, every method answers 2."""
    bot.token = header

    answer = await bot.call("get_account_info", **body)

    assert (status, message) == (answer["status"], answer["status_message"])


async def test_a_text_is_shown_and_answered_with_its_token(
    bot: Bot, viber: ViberClient, live: Hook, olena: int
) -> None:
    """A message to a subscriber is shown at once; its token is above what a float holds exactly."""
    receiver = await subscribed(viber, olena)

    sent = await bot.text(receiver, "Ваш документ", tracking_data="d-1", keyboard=KEYBOARD)

    (shown,) = await viber.messages(olena)
    assert ("bot", "Ваш документ", "d-1", "Docwatch") == tuple(
        shown[name] for name in ("from", "text", "tracking_data", "sender_name")
    )
    assert [[{"text": "Yes", "data": "yes"}]] == shown["buttons"]
    assert (0, shown["message_token"], True) == (
        sent["status"],
        sent["message_token"],
        2**53 < sent["message_token"] < 2**63,
    )
    (delivered,) = await live.some("delivered")
    assert (sent["message_token"], receiver) == (delivered["message_token"], delivered["user_id"])


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (4, {"receiver": None}),
        (4, {"type": None}),
        (4, {"text": ""}),
        (4, {"sender": None}),
        (4, {"sender": {}}),
        (3, {"receiver": 7}),
        (3, {"type": "telepathy"}),
        (3, {"text": 7}),
        (3, {"text": "x" * 7001}),
        (3, {"text": "\ud800"}),
        (3, {"sender": {"name": "x" * 29}}),
        (3, {"sender": {"name": "x", "avatar": "no address"}}),
        (3, {"tracking_data": "x" * 4001}),
        (3, {"min_api_version": 0}),
        (3, {"min_api_version": "7"}),
        (3, {"min_api_version": True}),
        (3, {"text": "x" * 7000, "tracking_data": "x" * 4000, "padding": "x" * 20_000}),
        (3, {"keyboard": {"Buttons": [{"ActionBody": "x"}]}}),
        (3, {"keyboard": {"Type": "keyboard", "Buttons": []}}),
        (3, {"keyboard": {"Type": "keyboard", "Buttons": [{}]}}),
        (3, {"keyboard": keyboard(Columns=7)}),
        (3, {"keyboard": keyboard(Columns=0)}),
        (3, {"keyboard": keyboard(Rows=3)}),
        (3, {"keyboard": keyboard(ActionType="dance")}),
        (3, {"keyboard": keyboard(ActionBody="")}),
        (3, {"keyboard": keyboard(Text="x" * 251)}),
        (3, {"keyboard": keyboard(ActionType="open-url", ActionBody="javascript:alert(1)")}),
        (3, {"keyboard": keyboard(Unknown=1)}),
        (14, {"keyboard": keyboard(ActionType="share-phone")}),
        (14, {"keyboard": keyboard() | {"InputFieldState": "hidden"}, "min_api_version": 3}),
        (13, {"min_api_version": 9}),
        (4, {"type": "picture"}),
        (3, {"type": "picture", "media": "no address"}),
        (4, {"type": "file", "media": "https://x.example/f.pdf", "size": 3}),
        (3, {"type": "file", "media": "https://x.example/f.pdf", "size": 3.5, "file_name": "f.pdf"}),
        (3, {"type": "location", "location": {"lat": 91, "lon": 0}}),
        (3, {"type": "contact", "contact": {"name": "x"}}),
        (5, {"receiver": "01234567890123456789AA=="}),
    ],
)
async def test_what_is_wrong_has_its_status(
    bot: Bot, viber: ViberClient, live: Hook, olena: int, *, status: int, body: Json
) -> None:
    """Every refusal has the status that the REST API documents; nothing is stored."""
    receiver = await subscribed(viber, olena)
    await viber.change(olena, api_version=8)

    good = {"receiver": receiver, "type": "text", "text": "x", "sender": SENDER}
    answer = await bot.call("send_message", **(good | body))

    assert status == answer["status"], answer
    assert (0, 0) == ((await viber.counts())["stored"], len(live.events("failed")))


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff", b'"x"', b"[" * 30_000])
async def test_what_is_not_an_object_is_bad_data(bot: Bot, raw: bytes) -> None:
    """Whatever a bot sends, the answer is an envelope."""
    headers = {"X-Viber-Auth-Token": bot.token}
    async with bot.session.post(f"{bot.base}/send_message", data=raw, headers=headers) as response:
        answer = await response.json()

    assert (200, 3) == (response.status, answer["status"])


@pytest.mark.parametrize(
    "body",
    [
        {"type": "picture", "text": "Photo", "media": "https://x.example/p.jpg", "thumbnail": None},
        {"type": "url", "media": "https://x.example/"},
        {"type": "file", "media": "https://x.example/f.pdf", "size": 10_000, "file_name": "f.pdf"},
        {"type": "video", "media": "https://x.example/v.mp4", "size": 10_000, "duration": 10},
        {"type": "contact", "contact": {"name": "Office", "phone_number": "+380441234567"}},
        {"type": "location", "location": {"lat": 50.45, "lon": 30.52}},
        {"type": "sticker", "sticker_id": 46105},
        {
            "type": "rich_media",
            "min_api_version": 7,
            "rich_media": {
                "Type": "rich_media",
                "ButtonsGroupRows": 7,
                "Buttons": [{"Rows": 7, "ActionBody": "x"}],
            },
        },
    ],
)
async def test_every_documented_type_is_taken(
    bot: Bot, viber: ViberClient, live: Hook, olena: int, body: Json
) -> None:
    """Each type of message with its parts is stored and shown."""
    receiver = await subscribed(viber, olena)

    answer = await bot.call("send_message", receiver=receiver, sender=SENDER, **body)

    assert 0 == answer["status"], answer
    assert [body["type"]] == [message["type"] for message in await viber.messages(olena)]
    assert [] == live.events("failed")


async def test_who_can_be_written_to(
    bot: Bot, viber: ViberClient, live: Hook, phone: SandboxClient, olena: int
) -> None:
    """Unregistered 5, begun but not subscribed 6, unsubscribed 6, without a suitable device 11."""
    receiver = (await viber.open(olena, LINK))["user_id"]
    begun = await bot.text(receiver, "x")
    await viber.say(olena, "hello")
    first = await bot.text(receiver, "x")
    await viber.block(olena)
    left = await bot.text(receiver, "x")
    await viber.say(olena, "hello again")
    again = await bot.text(receiver, "x")
    await viber.change(olena, devices=0)
    no_device = await bot.text(receiver, "x")
    await viber.change(olena, registered=False)
    gone = await bot.text(receiver, "x")

    assert [6, 0, 6, 0, 11, 5] == [one["status"] for one in (begun, first, left, again, no_device, gone)]
    assert await viber.user_id(await phone.create_citizen("Other")) != receiver
    assert 1 == len(live.events("unsubscribed"))


async def test_a_hundred_in_an_hour_without_an_answer(
    bot: Bot, viber: ViberClient, live: Hook, olena: int
) -> None:
    """The hundred-and-first message of an hour is refused with 12, until they write or it is over."""
    receiver = await subscribed(viber, olena)

    hundred = [(await bot.text(receiver, "x"))["status"] for _ in range(101)]
    await viber.let_pass(olena, 3000)
    almost = (await bot.text(receiver, "x"))["status"]
    await viber.let_pass(olena, 600)
    later = [(await bot.text(receiver, "x"))["status"] for _ in range(101)]
    await viber.say(olena, "enough!")
    answered = (await bot.text(receiver, "x"))["status"]

    assert [0] * 100 + [12] == hundred
    assert (12, [0] * 100 + [12], 0) == (almost, later, answered)
    assert [] == live.events("failed")


async def test_sessions_and_what_is_paid(bot: Bot, viber: ViberClient, live: Hook, olena: int) -> None:
    """Within 24 hours after a citizen's message an answer is free; what the bot begins is paid."""
    receiver = await subscribed(viber, olena)

    before = await bot.text(receiver, "begun by the bot")
    await viber.say(olena, "a question")
    answered = await bot.text(receiver, "an answer")
    await viber.let_pass(olena, 24 * 3600)
    after = await bot.text(receiver, "a day later")

    assert [5, 2, 5] == [one["billing_status"] for one in (before, answered, after)]
    assert [True, False, True] == [one["paid"] for one in await viber.messages(olena) if one["from"] == "bot"]
    assert 2 == (await viber.counts())["paid"]
    assert live.events("message")


async def test_broadcasts_are_refused(bot: Bot, live: Hook) -> None:
    """A commercial bot may not broadcast (19), least of all to more than 300 (20)."""
    ids = [f"{number}==" for number in range(301)]
    text = {"type": "text", "text": "x", "sender": SENDER}

    answers = [
        await bot.call("broadcast_message", broadcast_list=given, **text) for given in (ids[:2], ids, None, 7)
    ]

    assert [19, 20, 4, 3] == [answer["status"] for answer in answers]
    assert [] == live.events()


async def test_what_can_be_asked(bot: Bot, viber: ViberClient, live: Hook, olena: int) -> None:
    """The account, a subscriber's details (twice in twelve hours) and who is online."""
    receiver = await subscribed(viber, olena)
    await viber.change(olena, country="PL", online=False)

    info = await bot.call("get_account_info")
    details = [await bot.call("get_user_details", id=receiver) for _ in range(3)]
    online = await bot.call("get_online", ids=[receiver, "stranger=="])
    missing = [await bot.call("get_user_details"), await bot.call("get_online")]

    assert ("docwatchsandbox", "Docwatch", 1) == (info["uri"], info["name"], info["subscribers_count"])
    assert [0, 0, 12] == [one["status"] for one in details]
    assert ("Олена", "PL", "uk") == tuple(
        details[0]["user"][name] for name in ("name", "country", "language")
    )
    assert [1, 4] == [user["online_status"] for user in online["users"]]
    assert [4, 4] == [answer["status"] for answer in missing]
    assert [] == live.events("message")


async def test_no_such_method_is_a_404(bot: Bot) -> None:
    """What is not a method is not found; what is one is only posted to."""
    async with (
        bot.session.post(f"{bot.base}/dance", json={}) as unknown,
        bot.session.get(f"{bot.base}/get_account_info") as got,
    ):
        assert (404, 405) == (unknown.status, got.status)
