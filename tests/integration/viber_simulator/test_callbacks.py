"""What comes to the webhook: signed, in order, repeated, doubled, overtaken, lost."""

import hashlib
import hmac
import json

from sandbox.clients.telegram import SandboxClient
from sandbox.clients.viber import ViberClient
from sandbox.settings import VIBER_TOKEN
from tests.integration.viber_simulator.conftest import LINK, SENDER, Bot, Hook

KEYBOARD = {
    "Type": "keyboard",
    "Buttons": [
        {"ActionBody": "yes", "Text": "Yes", "Columns": 3},
        {"ActionBody": "quiet", "Text": "Quiet", "Columns": 3, "Silent": True},
        {"ActionBody": "none", "Text": "None", "ActionType": "none"},
    ],
}


async def test_everything_is_signed(viber: ViberClient, live: Hook, olena: int) -> None:
    """Each callback carries the HMAC of its raw body, the webhook event, too."""
    await viber.say(olena, "Доброго дня")
    await live.some("delivered")

    for got in live.got:
        assert hmac.new(VIBER_TOKEN.encode(), got.raw, hashlib.sha256).hexdigest() == got.signature
    assert ["webhook", "message", "delivered"] == [got.body["event"] for got in live.got]


async def test_a_link_begins_a_conversation(viber: ViberClient, live: Hook, olena: int) -> None:
    """A deep link tells its context and who opens it, and subscribes nobody; a subscriber is told as one."""
    account = await viber.open(olena, f"{LINK}&context=tok_en-1")
    await viber.say(olena, "hello")
    await viber.open(olena, LINK)
    first, second = await live.some("conversation_started", 2)

    assert ("open", "tok_en-1", False) == (first["type"], first["context"], first["subscribed"])
    assert {
        "id": account["user_id"],
        "name": "Олена",
        "language": "uk",
        "country": "UA",
        "api_version": 10,
    } == first["user"]
    assert (False, True) == ("context" in second, second["subscribed"])
    assert not account["subscribed"]


async def test_the_welcome_message_is_in_the_answer(
    bot: Bot, viber: ViberClient, live: Hook, olena: int
) -> None:
    """What the webhook answers a begun conversation with is shown, free, and does not subscribe."""
    welcome = {"type": "text", "text": "Ласкаво просимо", "sender": SENDER, "keyboard": KEYBOARD}
    live.welcome = json.dumps(welcome).encode()

    account = await viber.open(olena, LINK)
    (delivered,) = await live.some("delivered")
    refused = await bot.text(account["user_id"], "x")
    (shown,) = await viber.messages(olena)
    await viber.press(olena, shown["message_id"], "yes")
    (message,) = await live.some("message")

    assert ("Ласкаво просимо", 0, False) == (shown["text"], shown["billing_status"], shown["paid"])
    assert live.events("conversation_started")[0]["message_token"] == delivered["message_token"]
    assert 6 == refused["status"]
    assert ("yes", [], True) == (
        message["message"]["text"],
        live.events("subscribed"),
        (await viber.account(olena))["subscribed"],
    )


async def test_a_bad_welcome_message_is_noted(viber: ViberClient, live: Hook, olena: int) -> None:
    """A welcome message that is none is shown to nobody."""
    live.welcome = b'{"type": "text", "text": "no sender"}'

    await viber.open(olena, LINK)
    await viber.say(olena, "hello")
    await live.some("message")

    (record,) = await viber.callbacks("conversation_started")
    assert ("done", True) == (record["end"], "sender.name" in record["note"])
    assert ["citizen"] == [message["from"] for message in await viber.messages(olena)]


async def test_subscribing_and_leaving(viber: ViberClient, live: Hook, olena: int) -> None:
    """Who asks for messages is told of, as who turns them off; what changes nothing is not."""
    account = await viber.subscribe(olena)
    await viber.subscribe(olena)
    for _ in range(2):
        await viber.block(olena)
    await viber.block(olena, blocked=False)
    _, second = await live.some("subscribed", 2)

    assert ["subscribed", "unsubscribed", "subscribed"] == [body["event"] for body in live.events()]
    assert account["user_id"] == live.events("unsubscribed")[0]["user_id"] == second["user"]["id"]
    assert len({body["message_token"] for body in live.events()}) == 3


async def test_a_message_subscribes_without_a_word(viber: ViberClient, live: Hook, olena: int) -> None:
    """The first message comes alone, with its receipt, and its writer can be written to."""
    sent = await viber.say(olena, "hello")
    await live.some("delivered")

    message, receipt = live.events()
    assert ("message", "hello", False) == (message["event"], message["message"]["text"], message["silent"])
    assert ("delivered", sent["message_token"]) == (receipt["event"], receipt["message_token"])
    assert (await viber.account(olena))["subscribed"]


async def test_buttons_of_the_last_keyboard(bot: Bot, viber: ViberClient, live: Hook, olena: int) -> None:
    """A press sends the ActionBody with the tracking data; a silent one is not shown."""
    receiver = (await viber.subscribe(olena))["user_id"]
    await bot.text(receiver, "?", keyboard=KEYBOARD, tracking_data="d-1")
    (asked,) = await viber.messages(olena)

    await viber.press(olena, asked["message_id"], "yes")
    await viber.press(olena, asked["message_id"], "quiet")
    pressed = await live.some("message", 2)

    assert [("yes", "d-1", False), ("quiet", "d-1", True)] == [
        (one["message"]["text"], one["message"]["tracking_data"], one["silent"]) for one in pressed
    ]
    assert ["?", "yes"] == [message["text"] for message in await viber.messages(olena)]
    assert [2, 1] == [len(row) for row in asked["buttons"]]


async def test_seen_when_looked_at(bot: Bot, viber: ViberClient, live: Hook, olena: int) -> None:
    """Looking at the chat is told of once for each of the bot's messages."""
    receiver = (await viber.subscribe(olena))["user_id"]
    tokens = [(await bot.text(receiver, text))["message_token"] for text in ("one", "two")]
    unread = (await viber.account(olena))["unread"]

    for _ in range(2):
        await viber.read(olena)
    seen = await live.some("seen", 2)
    await viber.say(olena, "thanks")
    await live.some("message")

    assert (2, tokens) == (unread, [one["message_token"] for one in seen])
    assert 2 == len(live.events("seen"))


async def test_receipts_of_phones(bot: Bot, viber: ViberClient, live: Hook, olena: int) -> None:
    """Two devices give two receipts; what comes while a phone is offline is delivered when it is back."""
    receiver = (await viber.subscribe(olena))["user_id"]
    await viber.change(olena, devices=2, online=False)
    sent = await bot.text(receiver, "x")
    before = await viber.messages(olena)

    await viber.change(olena, online=True)
    receipts = await live.some("delivered", 2)

    assert (0, []) == (sent["status"], before)
    assert [sent["message_token"]] * 2 == [one["message_token"] for one in receipts]
    assert ["x"] == [message["text"] for message in await viber.messages(olena)]


async def test_failed_after_ok(bot: Bot, viber: ViberClient, live: Hook, olena: int) -> None:
    """A keyboard that no phone can show is accepted, and a failed callback follows; so by script."""
    receiver = (await viber.subscribe(olena))["user_id"]
    tall = {"Type": "keyboard", "Buttons": [{"ActionBody": "x", "Rows": 2}] * 13}
    await viber.lay_fault("failed_later", citizen_id=olena, nth=2)

    sent = [await bot.text(receiver, "x", **more) for more in ({"keyboard": tall}, {}, {})]
    failed = await live.some("failed", 2)
    await live.some("delivered")

    assert [0, 0, 0] == [answer["status"] for answer in sent]
    assert [one["message_token"] for one in sent[:2]] == [one["message_token"] for one in failed]
    assert all(one["desc"] and one["user_id"] == receiver for one in failed)
    assert [sent[2]["message_token"]] == [one["message_token"] for one in await viber.messages(olena)]
    counts = await viber.counts()
    assert (3, 1, 2) == (counts["stored"], counts["delivered"], counts["failed"])


async def test_only_events_asked_for_come(bot: Bot, viber: ViberClient, hook: Hook, olena: int) -> None:
    """With an empty list only messages and subscriptions come; without send_name no name."""
    await bot.call("set_webhook", url=hook.url, event_types=[])

    await viber.open(olena, LINK)
    await viber.subscribe(olena)
    await viber.say(olena, "hello")
    await viber.block(olena)
    await hook.some("unsubscribed")

    assert ["subscribed", "message", "unsubscribed"] == [body["event"] for body in hook.events()]
    assert "name" not in hook.events("subscribed")[0]["user"]


async def test_repeated_until_200_in_order(viber: ViberClient, live: Hook, olena: int) -> None:
    """A callback that is answered otherwise is repeated as it was, and those after it wait."""
    live.statuses = [500, 302, 201]
    await viber.say(olena, "one")
    await viber.say(olena, "two")
    await live.some("delivered", 2)

    raws = [got.raw for got in live.got if got.body["event"] == "message"]
    assert (5, 2) == (len(raws), len(set(raws)))
    assert ["message"] * 4 + ["delivered", "message", "delivered"] == [
        body["event"] for body in live.events()
    ]
    (first, _) = await viber.callbacks("message")
    assert ([500, 302, 201, 200], "done") == (first["attempts"], first["end"])


async def test_given_up_in_the_end(viber: ViberClient, live: Hook, olena: int) -> None:
    """What is not taken for the whole time is dropped, and the next comes."""
    live.statuses = [500] * 200
    await viber.say(olena, "one")
    await live.until(lambda hook: hook.events("delivered"))
    live.statuses = []
    await viber.say(olena, "two")
    await live.until(lambda hook: hook.events()[-1].get("message", {}).get("text") == "two")

    first = (await viber.callbacks("message"))[0]
    assert ("expired", {500}, True) == (first["end"], set(first["attempts"]), len(first["attempts"]) > 3)


async def test_one_stuck_account_holds_nobody_else(
    viber: ViberClient, live: Hook, phone: SandboxClient, olena: int
) -> None:
    """While one account's callback waits for its next attempt, another's come."""
    other = await phone.create_citizen("Other")
    await viber.lay_callback_fault("delay", event="message", citizen_id=olena, seconds=30)

    await viber.say(olena, "late")
    await viber.say(other, "now")
    await live.some("delivered", 2)

    assert ["now"] == [one["message"]["text"] for one in await live.some("message")]


async def test_scripted_fates(bot: Bot, viber: ViberClient, live: Hook, olena: int) -> None:
    """By script a callback comes twice, behind the next, later than others, or never."""
    receiver = (await viber.subscribe(olena))["user_id"]
    await viber.lay_callback_fault("duplicate", event="message")
    await viber.say(olena, "twice")
    twice = await live.some("message", 2)

    await viber.lay_callback_fault("swap", event="delivered")
    sent = await bot.text(receiver, "x")
    await viber.read(olena)
    await live.some("delivered", 2)
    swapped = [body["event"] for body in live.events() if body["message_token"] == sent["message_token"]]

    await viber.lay_callback_fault("lose", event="message")
    await viber.lay_callback_fault("delay", event="delivered", seconds=0.2)
    await viber.say(olena, "never")
    await viber.say(olena, "now")
    await live.some("message", 3)
    await live.some("delivered", 4)

    assert twice[0] == twice[1]
    assert ["seen", "delivered"] == swapped
    assert ["twice", "twice", "now"] == [one["message"]["text"] for one in live.events("message")]
    late = [one["attempts"] for one in await viber.callbacks() if one["end"] == "lost"]
    assert [[]] == late
