"""Several bots of one simulated Telegram: everybody has a chat of their own with each."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import BotSettings
from tests.integration.telegram_simulator.conftest import SETTINGS

SECOND = BotSettings("7000000002:sandbox-token-of-the-second-bot-0001", "second_bot", "Second")
BOTH = replace(SETTINGS, further=(SECOND,))


@dataclass(frozen=True)
class Bots:
    """Both bots: plain requests to the Bot API, and the phones as each of them sees them."""

    api: httpx.AsyncClient
    first: SandboxClient
    second: SandboxClient

    async def call(self, token: str, method: str, **wanted: object) -> tuple[int, object]:
        """Call a method; return the status and its result."""
        answer = await self.api.post(f"/bot{token}/{method}", json=wanted)
        return answer.status_code, answer.json().get("result")


@pytest.fixture
async def bots() -> AsyncIterator[Bots]:
    """Two bots in a world without limits of rate."""
    async with (
        run_sandbox(BOTH) as url,
        httpx.AsyncClient(base_url=url, timeout=10) as api,
        sandbox_client(url) as first,
        sandbox_client(f"{url}/bots/{SECOND.username}") as second,
    ):
        yield Bots(api, first, second)


async def test_a_token_opens_its_own_bot(bots: Bots) -> None:
    """Each token is that of one bot, and one that nobody has is refused."""
    names = []
    for token in (BOTH.bot_token, SECOND.token):
        _, me = await bots.call(token, "getMe")
        assert isinstance(me, dict)
        names.append(me["username"])
    status, _ = await bots.call("7000000003:sandbox-token-of-nobody-at-all-00001", "getMe")

    assert [BOTH.bot_username, "second_bot"] == names
    assert 401 == status


async def test_who_has_a_phone_can_write_to_each(bots: Bots) -> None:
    """A person is the same one to both bots; what is said to one the other does not hear."""
    chat = await bots.first.create_citizen("Olena", "uk")
    await bots.second.say(chat, "/start")
    _, heard = await bots.call(SECOND.token, "getUpdates")
    _, other = await bots.call(BOTH.bot_token, "getUpdates")
    refused, _ = await bots.call(BOTH.bot_token, "sendMessage", chat_id=chat, text="hello")
    taken, _ = await bots.call(SECOND.token, "sendMessage", chat_id=chat, text="hello")

    assert isinstance(heard, list)
    assert [chat] == [update["message"]["chat"]["id"] for update in heard]
    assert [] == other
    assert (403, 200) == (refused, taken)
    assert [] == await bots.first.messages(chat)


async def test_who_blocks_one_can_be_reached_by_the_other(bots: Bots) -> None:
    """Blocking, faults and the record of calls are of one bot."""
    chat = await bots.second.create_citizen("Taras", "uk")
    for phone in (bots.first, bots.second):
        await phone.say(chat, "/start")
    await bots.first.block(chat)
    blocked, _ = await bots.call(BOTH.bot_token, "sendMessage", chat_id=chat, text="hello")
    taken, _ = await bots.call(SECOND.token, "sendMessage", chat_id=chat, text="hello")
    await bots.second.lay_fault("unauthorized")
    struck, _ = await bots.call(SECOND.token, "sendMessage", chat_id=chat, text="hello")

    assert (403, 200, 401) == (blocked, taken, struck)
    assert 1 == len(await bots.first.calls("sendMessage"))
    assert 2 == len(await bots.second.calls("sendMessage"))


async def test_each_keeps_its_chats_over_a_restart(tmp_path: Path) -> None:
    """A file for each bot; a bot that is new to a world knows everybody who has a phone."""
    data = tmp_path / "phone.sqlite"
    async with run_sandbox(replace(SETTINGS, data=data)) as url, sandbox_client(url) as first:
        chat = await first.create_citizen("Olena", "uk")
        await first.say(chat, "/start")
    for said in (1, 2):
        async with (
            run_sandbox(replace(BOTH, data=data)) as url,
            sandbox_client(url) as first,
            sandbox_client(f"{url}/bots/{SECOND.username}") as second,
        ):
            await second.say(chat, "/start")
            counts = [len(await phone.messages(chat)) for phone in (first, second)]

        assert [1, said] == counts
