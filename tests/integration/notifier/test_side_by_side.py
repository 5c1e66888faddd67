"""Two bots of one agency in one process: each has its own people, and what befalls one befalls no other."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from nats.aio.client import Client
from pydantic import SecretStr

from contracts.catalogue import ChannelTerms, load_catalogue
from runtime.errors import StartError
from runtime.keyring import KeyRing
from sandbox.sms.description import description
from sandbox.telegram.script import FaultKind
from services.notifier.accounts import open_accounts
from services.notifier.channels.telegram.channel import TelegramChannel
from services.notifier.endurance import surviving
from services.notifier.openings import entries
from services.notifier.recipients.addresses import PURPOSE
from services.notifier.wording.i18n import load_voice
from tests.conftest import Databases
from tests.integration.notifier.side_by_side import ACCOUNTS, CATALOGUE, SANDBOX, settings_of, side_by_side
from tests.integration.notifier.sms_bench import written
from tests.integration.notifier.world import CLOCK, World
from tests.waiting import until

RING = KeyRing([("k1", bytes(32))], PURPOSE)


async def test_each_is_told_by_their_own_bot(
    nats_url: str, nats_client: Client, databases: Databases
) -> None:
    """A notice reaches a person by the bot that they follow by, and shows in no other chat."""
    async with side_by_side(nats_url, nats_client, databases) as pair:
        told = [one for account in ACCOUNTS for one in await pair.tell(account, 3)]
        await pair.all_accepted(told)
        sent = {
            account: {
                own: sum([len(await pair.from_bot(account, chat)) for chat in pair.chats[own]])
                for own in ACCOUNTS
            }
            for account in ACCOUNTS
        }

    first, second = ACCOUNTS
    assert sent[first][first] >= 3
    assert sent[second][second] >= 3
    assert 0 == sent[first][second] == sent[second][first]


async def test_who_writes_is_answered_by_the_same_bot(
    nats_url: str, nats_client: Client, databases: Databases
) -> None:
    """Each bot hears what is written to it, whoever else has a chat with the other one."""
    first, second = ACCOUNTS
    async with side_by_side(nats_url, nats_client, databases, people=0) as pair:
        chat = await pair.phones[second].create_citizen("Taras", "en")
        await pair.phones[second].say(chat, "/help")
        await until(lambda: pair.from_bot(second, chat))

        assert [] == await pair.from_bot(first, chat)


@pytest.mark.parametrize(
    "fault", ["hang", "throttle_bot", "unauthorized", "server_error", "drop_before_store", "truncated_json"]
)
async def test_what_befalls_one_holds_up_no_other(
    nats_url: str, nats_client: Client, databases: Databases, fault: FaultKind
) -> None:
    """While calls through one account hang, are refused or fail, the other one delivers as ever."""
    first, second = ACCOUNTS
    async with side_by_side(nats_url, nats_client, databases, people=20) as pair:
        await pair.phones[second].lay_fault(fault, times=10_000, seconds=600, retry_after=600)
        stuck = await pair.tell(second, 20)
        await pair.begun(second)
        told = [one for _ in range(3) for one in await pair.tell(first, 20)]
        await pair.all_accepted(told)

        assert 0 == await pair.accepted(stuck)


async def test_an_account_whose_token_is_refused_keeps_no_other_from_working(
    nats_url: str, nats_client: Client, databases: Databases
) -> None:
    """The process starts, the other account sends, and operators read why this one does not."""
    first, second = ACCOUNTS
    wrong = "7000000002:another-token-of-another-bot-00001"
    async with side_by_side(nats_url, nats_client, databases, telegram_second_token=wrong) as pair:
        stuck = await pair.tell(second, 1)
        await pair.all_accepted(await pair.tell(first, 3))
        reason = await pair.down(second)

        assert 0 == await pair.accepted(stuck)
        assert "refuses the account" in reason
        assert wrong not in reason


async def test_one_token_is_not_two_accounts(
    nats_url: str, nats_client: Client, databases: Databases
) -> None:
    """An account with the token of another is left out with a reason, and the other one works."""
    first, second = ACCOUNTS
    token = SANDBOX.bot_token
    async with side_by_side(nats_url, nats_client, databases, telegram_second_token=token) as pair:
        await pair.all_accepted(await pair.tell(first, 3))
        reason = await pair.down(second)

    assert "DOCWATCH_TELEGRAM_SECOND_TOKEN is the credential of telegram as well" == reason


async def test_an_account_that_cannot_be_opened_is_named(
    nats_url: str, nats_client: Client, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is raised when an account is opened, the others work and its secret is in no reason."""
    first, second = ACCOUNTS
    opened = TelegramChannel.open

    def refusing(token: str, *args: object, name: str, **more: object) -> object:
        if name == second:
            raise RuntimeError(f"cannot use {token}")
        return opened(token, *args, name=name, **more)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(TelegramChannel, "open", refusing)
    async with side_by_side(nats_url, nats_client, databases) as pair:
        await pair.all_accepted(await pair.tell(first, 3))
        reason = await pair.down(second)

    assert "it cannot be opened: RuntimeError; look at DOCWATCH_TELEGRAM_SECOND_TOKEN" == reason


async def test_a_fault_of_ours_in_one_account_begins_it_anew() -> None:
    """An account's work that raises is begun again, until it is told to stop."""
    stop = asyncio.Event()
    begun: list[int] = []

    async def work() -> None:
        begun.append(len(begun))
        if len(begun) < 2:
            raise RuntimeError("a fault of ours")
        stop.set()

    await surviving("telegram", CLOCK, stop, work)

    assert [0, 1] == begun


async def test_without_any_credential_nothing_starts(
    world: World, databases: Databases, nats_url: str
) -> None:
    """Whoever gives no credential of any messenger is told which settings there are."""
    settings = settings_of(nats_url, databases.url("notifier"), "http://127.0.0.1:1")
    nobody = settings.model_copy(update={"telegram_token": None, "telegram_second_token": SecretStr(" ")})
    voice = load_voice(load_catalogue(CATALOGUE))

    with pytest.raises(StartError, match="DOCWATCH_TELEGRAM_TOKEN, DOCWATCH_TELEGRAM_SECOND_TOKEN"):
        async with open_accounts(entries(nobody, voice, world.pool, RING), voice.catalogue.agency, CLOCK):
            pass


async def test_accounts_stand_in_the_order_of_the_catalogue(
    world: World, databases: Databases, nats_url: str
) -> None:
    """What the catalogue names first is first; an account that it does not name comes last and works."""
    settings = settings_of(nats_url, databases.url("notifier"), "http://127.0.0.1:1")
    catalogue = load_catalogue(CATALOGUE)
    terms = ChannelTerms(channel="telegram", account="second", name="another_bot")
    agency = catalogue.agency.model_copy(update={"channels": (terms,)})

    voice = load_voice(catalogue.model_copy(update={"agency": agency}))
    async with open_accounts(entries(settings, voice, world.pool, RING), agency, CLOCK) as found:
        names = [(account.name, account.bot) for account in found.usable]

    assert [("telegram.second", "another_bot"), ("telegram", None)] == names


@pytest.mark.parametrize(
    "wrong",
    [
        ({}, None),
        ({"smpp_url": SecretStr("smpp://us@127.0.0.1:9")}, "are both set; leave one"),
        ({"public_url": None}, "SMS needs DOCWATCH_PUBLIC_URL"),
        ({"sms_key": None}, "gateway.yaml:4: headers.Authorization: names ${DOCWATCH_SMS_KEY}"),
        ({"sms_gateway": Path("/nowhere.yaml")}, "DOCWATCH_SMS_GATEWAY: nowhere.yaml: cannot be read"),
    ],
)
async def test_an_account_of_sms_that_cannot_be_used_says_why(
    world: World,
    nats_url: str,
    databases: Databases,
    tmp_path: Path,
    wrong: tuple[Mapping[str, object], str | None],
) -> None:
    """What is wrong with its settings is said without a secret, and the other accounts work."""
    changes, reason = wrong
    file = written(tmp_path, description("http://127.0.0.1:1"))
    told = {
        "sms_gateway": file,
        "sms_key": SecretStr("marked-key"),
        "sms_webhook_secret": SecretStr("marked-" * 4),
        "sms_signing_key": SecretStr("marked-signature"),
        "public_url": "https://docs.agency.example",
    }
    settings = settings_of(nats_url, databases.url("notifier"), "http://127.0.0.1:1")
    settings = settings.model_copy(update={**told, **changes})
    voice = load_voice(load_catalogue(CATALOGUE))

    async with open_accounts(
        entries(settings, voice, world.pool, RING), voice.catalogue.agency, CLOCK
    ) as found:
        usable = {account.name: account for account in found.usable}
        unusable = {account.name: account.reason for account in found.unusable}

    assert {"telegram", "telegram.second"} <= usable.keys()
    assert ("sms" in usable) == (reason is None)
    assert (reason or "") in unusable.get("sms", "")
    assert "marked" not in str(unusable) + "".join(account.role for account in found.usable)
    if reason is None:
        typed = usable["sms"].opened.typed
        assert typed is not None
        assert "+380671234567" == typed("067 123 45 67")
