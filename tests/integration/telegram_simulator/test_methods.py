"""The simulated Bot API, judged by python-telegram-bot."""

from datetime import timedelta

import pytest
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import SandboxSettings
from sandbox.telegram.world.limits import limit_settings
from tests.integration.telegram_simulator.conftest import SETTINGS

YES_NO = InlineKeyboardMarkup(
    [
        [InlineKeyboardButton("Так", callback_data="yes"), InlineKeyboardButton("Ні", callback_data="no")],
        [InlineKeyboardButton("Site", url="https://example.org")],
    ]
)


async def started(phone: SandboxClient, name: str = "Олена") -> int:
    citizen = await phone.create_citizen(name)
    await phone.say(citizen, "/start")
    return citizen


async def test_the_bot_knows_itself(bot: Bot) -> None:
    """GetMe gives the id from the token, and the username."""
    assert (7_000_000_001, SETTINGS.bot_username) == (bot.id, bot.username)


async def test_a_message_arrives_as_the_bot_sent_it(bot: Bot, phone: SandboxClient) -> None:
    """Text, entities and buttons of a sent message are what the phone shows."""
    citizen = await started(phone)

    sent = await bot.send_message(
        citizen,
        "<b>Паспорт 🙂</b> &amp; <i>крок</i> 3",
        parse_mode=ParseMode.HTML,
        reply_markup=YES_NO,
        protect_content=True,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )

    shown = (await phone.messages(citizen))[-1]
    assert "Паспорт 🙂 & крок 3" == sent.text == shown["text"]
    assert {text: entity.type for entity, text in sent.parse_entities().items()} == {
        "Паспорт 🙂": "bold",
        "крок": "italic",
    }
    assert [(one["type"], one["offset"], one["length"]) for one in shown["entities"]] == [
        ("bold", 0, 10),
        ("italic", 13, 4),
    ]
    assert sent.has_protected_content
    assert sent.reply_markup == YES_NO
    assert shown["buttons"] == [
        [{"text": "Так", "data": "yes"}, {"text": "Ні", "data": "no"}],
        [{"text": "Site", "url": "https://example.org"}],
    ]
    assert ("bot", sent.message_id, False) == (shown["from"], shown["message_id"], shown["edited"])


async def test_message_ids_count_within_a_chat(bot: Bot, phone: SandboxClient) -> None:
    """Each chat has its own ids, shared by both sides."""
    first, second = await started(phone), await started(phone)

    ids = [(await bot.send_message(chat, "x")).message_id for chat in (first, second, first)]

    assert ids == [2, 2, 3]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Message text is empty"),
        (" \n ", "Message text is empty"),
        ("<b> </b>", "Message text is empty"),
        ("я" * 4097, "Message is too long"),
        ("🙂" * 2049, "Message is too long"),
        ("<b>x", "Can't parse entities: can't find end tag corresponding to start tag \"b\""),
        ("ї<x>", 'Can\'t parse entities: unsupported start tag "x" at byte offset 2'),
    ],
)
async def test_a_bad_text_is_refused(bot: Bot, phone: SandboxClient, text: str, why: str) -> None:
    """Empty, too long and ill-formed texts are a BadRequest, and nothing is stored."""
    citizen = await started(phone)

    with pytest.raises(BadRequest) as refused:
        await bot.send_message(citizen, text, parse_mode=ParseMode.HTML)

    assert why.lower() == refused.value.message.lower()
    assert len(await phone.messages(citizen)) == 1


async def test_the_limit_counts_what_is_left_after_parsing(bot: Bot, phone: SandboxClient) -> None:
    """4096 units of text fit, however long their markup is."""
    citizen = await started(phone)

    sent = await bot.send_message(citizen, f"<b>{'&amp;' * 4096}</b>", parse_mode=ParseMode.HTML)

    assert sent.text == "&" * 4096


@pytest.mark.parametrize("data", ["x" * 65, "я" * 33])
async def test_callback_data_has_at_most_64_bytes(bot: Bot, phone: SandboxClient, data: str) -> None:
    """Longer data is refused, bytes counted, not characters."""
    citizen = await started(phone)
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data=data)]])

    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        await bot.send_message(citizen, "x", reply_markup=keyboard)


async def test_who_cannot_be_reached(bot: Bot, phone: SandboxClient) -> None:
    """Unknown is a 400; never started, and blocked, are a 403 each with its reason."""
    silent, blocking = await phone.create_citizen("A"), await started(phone)
    await phone.block(blocking)

    for chat, kind, why in (
        (5, BadRequest, "Chat not found"),
        (silent, Forbidden, "bot can't initiate conversation with a user"),
        (blocking, Forbidden, "bot was blocked by the user"),
    ):
        with pytest.raises(kind) as refused:
            await bot.send_message(chat, "x")

        assert why in refused.value.message
    await phone.block(blocking, blocked=False)
    await bot.send_message(blocking, "x")


async def test_tokens(base_url: str) -> None:
    """A malformed token is Not Found, another bot's is Unauthorized; both become InvalidToken."""
    async with HTTPXRequest() as request, HTTPXRequest() as polling:
        for token, why in (("nonsense", "Not Found"), (f"1:{'a' * 35}", "Unauthorized")):
            stranger = Bot(token, f"{base_url}/bot", request=request, get_updates_request=polling)
            with pytest.raises(InvalidToken) as refused:
                await stranger.get_me()

            assert why in refused.value.message


async def test_an_unknown_method_does_not_exist(bot: Bot) -> None:
    """A method that the simulator does not have is a 404 of its own wording."""
    with pytest.raises(TelegramError, match=r"(?i)not found"):
        await bot.do_api_request("sendNonsense")


async def test_the_chat_limit(bot: Bot, phone: SandboxClient) -> None:
    """More than a chat's burst at once is a 429 that says how long to wait, and is not stored."""
    citizen, other = await started(phone), await started(phone)
    await phone.change_limits(global_rate=0, chat_rate=0.5, chat_burst=2)
    for text in ("1", "2"):
        await bot.send_message(citizen, text)

    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(citizen, "3")

    assert refused.value.retry_after in {timedelta(seconds=1), timedelta(seconds=2)}
    await bot.send_message(other, "4")
    assert [call["status"] for call in await phone.calls("sendMessage")] == [200, 200, 429, 200]
    assert [one["text"] for one in await phone.all_messages()] == ["/start", "/start", "1", "2", "4"]


async def test_edits(bot: Bot, phone: SandboxClient) -> None:
    """An edit replaces text and buttons; one that changes nothing, or meets no message, is refused."""
    citizen = await started(phone)
    sent = await bot.send_message(citizen, "?", reply_markup=YES_NO)

    edited = await bot.edit_message_text("Так!", citizen, sent.message_id)

    shown = (await phone.messages(citizen))[-1]
    assert (shown["text"], shown["buttons"], shown["edited"]) == ("Так!", [], True)
    assert not isinstance(edited, bool)
    assert edited.edit_date is not None
    for number, why in (
        (sent.message_id, "Message is not modified"),
        (99, "Message to edit not found"),
        (1, "Message can't be edited"),
    ):
        with pytest.raises(BadRequest, match=why):
            await bot.edit_message_text("Так!", citizen, number)
    await bot.edit_message_reply_markup(citizen, sent.message_id, reply_markup=YES_NO)
    assert len((await phone.messages(citizen))[-1]["buttons"]) == 2


async def test_a_tap_is_answered_once(bot: Bot, phone: SandboxClient) -> None:
    """A tapped button becomes a callback query; its answer is taken once and refused afterwards."""
    citizen = await started(phone)
    sent = await bot.send_message(citizen, "?", reply_markup=YES_NO)
    query_id = await phone.press(citizen, sent.message_id, "yes")

    query = (await bot.get_updates(timeout=5))[-1].callback_query

    assert query is not None
    assert query.message is not None
    assert (query_id, "yes", citizen, sent.message_id) == (
        query.id,
        query.data,
        query.from_user.id,
        query.message.message_id,
    )
    assert await query.answer("Дякуємо")
    with pytest.raises(BadRequest, match="Query is too old and response timeout expired or query id is"):
        await query.answer("Дякуємо")


async def test_a_late_answer_to_a_tap_is_refused() -> None:
    """A tap that is older than it may be cannot be answered."""
    settings = SandboxSettings(port=0, limits=limit_settings(0, 0), tap_seconds=0)
    async with (
        run_sandbox(settings) as url,
        sandbox_client(url) as phone,
        Bot(settings.bot_token, base_url=f"{url}/bot") as bot,
    ):
        citizen = await started(phone)
        sent = await bot.send_message(citizen, "?", reply_markup=YES_NO)
        query_id = await phone.press(citizen, sent.message_id, "no")

        with pytest.raises(BadRequest, match="Query is too old"):
            await bot.answer_callback_query(query_id)


async def test_the_bot_presents_itself(bot: Bot) -> None:
    """Name, descriptions and commands are kept by language; bad commands are refused."""
    await bot.set_my_name("Паспорт")
    await bot.set_my_description("Де мій документ?", language_code="uk")
    await bot.set_my_short_description("Where is it?")
    await bot.set_my_commands([BotCommand("start", "Почати")], language_code="uk")

    assert (await bot.get_my_name(language_code="en")).name == "Паспорт"
    assert (await bot.get_my_description(language_code="uk")).description == "Де мій документ?"
    assert (await bot.get_my_short_description()).short_description == "Where is it?"
    assert (BotCommand("start", "Почати"),) == await bot.get_my_commands(language_code="uk")
    assert await bot.get_my_commands() == ()
    with pytest.raises(BadRequest, match=r"(?i)bot_command_invalid"):
        await bot.set_my_commands([BotCommand("Старт", "x")])


async def test_typing(bot: Bot, phone: SandboxClient) -> None:
    """A chat action reaches who can be reached, and nobody else."""
    assert await bot.send_chat_action(await started(phone), ChatAction.TYPING)
    with pytest.raises(BadRequest):
        await bot.send_chat_action(5, ChatAction.TYPING)
