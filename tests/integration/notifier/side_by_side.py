"""A whole notifier with two bots of the simulated Telegram, told of notices by a real stream."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nats.aio.client import Client

from contracts.messages.ids import RecipientId
from contracts.messages.notice import Notice
from contracts.streams import NOTICE_SUBJECT
from runtime.database.postgres import Pool, open_pool, transaction
from runtime.keyring import KeyRing, parse_keys
from runtime.process.lifecycle import Stop
from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import BotSettings, SandboxSettings
from sandbox.telegram.world.limits import limit_settings
from services.notifier import app
from services.notifier.recipients.addresses import PURPOSE, Recipients
from services.notifier.settings import NotifierSettings
from tests.conftest import Databases
from tests.integration.notifier.world import notice
from tests.waiting import until

CATALOGUE = Path(__file__).parents[3] / "sandbox" / "agency" / "catalogue"
KEYS = f"1:{'ef' * 32}"
SECOND = BotSettings("7000000002:sandbox-token-of-the-second-bot-0001", "second_bot", "Second")
SANDBOX = SandboxSettings(port=0, limits=limit_settings(0, 0), further=(SECOND,))
ACCOUNTS = ("telegram", "telegram.second")


@dataclass(frozen=True)
class Pair:
    """Two bots, the notifier that sends through both, and the people of each by account."""

    client: Client
    pool: Pool
    phones: dict[str, SandboxClient]
    chats: Mapping[str, Sequence[int]]
    people: Mapping[str, Sequence[RecipientId]]

    async def tell(self, account: str, count: int, *, of: int = 0) -> list[Notice]:
        """Publish a notice for each of so many people of an account, from the `of`-th on."""
        told = [notice(person) for person in self.people[account][of : of + count]]
        for one in told:
            await self.client.jetstream().publish(NOTICE_SUBJECT, one.encoded())
        return told

    async def accepted(self, told: Sequence[Notice]) -> int:
        """Return how many of these notices the messenger took."""
        query = "SELECT count(*) FROM delivery WHERE id = ANY ($1) AND state = 'accepted'"
        return int(await self.pool.fetchval(query, [one.notice_id for one in told]))

    async def all_accepted(self, told: Sequence[Notice]) -> None:
        """Wait until the messenger took all of these."""

        async def done() -> bool:
            return await self.accepted(told) == len(told)

        await until(done)

    async def begun(self, account: str) -> None:
        """Wait until a message was sent through an account, whatever became of it."""

        async def called() -> bool:
            return bool(await self.phones[account].calls("sendMessage"))

        await until(called)

    async def from_bot(self, account: str, chat: int) -> list[str]:
        """Return what a bot wrote to somebody."""
        messages = await self.phones[account].messages(chat)
        return [one["text"] for one in messages if one["from"] == "bot"]

    async def down(self, account: str) -> str:
        """Wait until it is known why an account is down; return that."""
        query = "SELECT down_reason FROM account WHERE name = $1"
        return str(await until(lambda: self.pool.fetchval(query, account)))


def settings_of(nats_url: str, database: str, telegram: str) -> NotifierSettings:
    """Return the settings of a notifier with both bots."""
    return NotifierSettings.model_validate(
        {
            "nats_url": nats_url,
            "catalogue": CATALOGUE,
            "database_url": database,
            "encryption_keys": KEYS,
            "telegram_token": SANDBOX.bot_token,
            "telegram_second_token": SECOND.token,
            "telegram_api_url": telegram,
            "quiet_hours": False,
            "rate_chat": 100,
            "rate_global": 1000,
        }
    )


@asynccontextmanager
async def side_by_side(
    nats_url: str, client: Client, databases: Databases, *, people: int = 3, **settings: object
) -> AsyncIterator[Pair]:
    """Run the notifier for the length of the block, with so many people to each bot."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(run_sandbox(SANDBOX))
        bases = {"telegram": url, "telegram.second": f"{url}/bots/{SECOND.username}"}
        phones = {name: await stack.enter_async_context(sandbox_client(base)) for name, base in bases.items()}
        pool = await stack.enter_async_context(open_pool(databases.url("notifier"), "notifier", size=2))
        chats = {name: [await _chat(phone) for _ in range(people)] for name, phone in phones.items()}
        found = {name: [await _on_record(pool, name, chat) for chat in chats[name]] for name in chats}
        known = settings_of(nats_url, databases.url("notifier"), url)
        given = {name: getattr(known, name) for name in known.model_fields_set} | settings
        await stack.enter_async_context(_running(NotifierSettings.model_validate(given)))
        yield Pair(client, pool, phones, chats, found)


async def _chat(phone: SandboxClient) -> int:
    chat = await phone.create_citizen("Olena", "uk")
    await phone.say(chat, "/start")
    return chat


async def _on_record(pool: Pool, account: str, chat: int) -> RecipientId:
    recipients, now = Recipients(account, KeyRing(parse_keys(KEYS), PURPOSE)), datetime.now(UTC)
    async with transaction(pool) as connection:
        person = (await recipients.put(connection, None, str(chat), now)).recipient_id
        await recipients.consent(connection, person, now, 1, "en")
    return person


@asynccontextmanager
async def _running(settings: NotifierSettings) -> AsyncIterator[None]:
    stop = Stop()
    async with app.build(settings)(stop) as service:
        tasks = [asyncio.ensure_future(loop()) for loop in service.loops]
        try:
            yield
            assert not any(task.done() for task in tasks), "a loop ended unasked"
        finally:
            stop.set()
            await asyncio.gather(*tasks)
