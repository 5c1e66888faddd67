"""How our channel presents itself to the simulated Telegram, which is as strict as the real one."""

from pathlib import Path

from contracts.catalogue import load_catalogue
from sandbox.clients.telegram import SandboxClient
from services.notifier.channels.telegram.channel import TelegramChannel
from services.notifier.wording.i18n import load_voice
from services.notifier.wording.profiles import profiles
from tests.integration.telegram_simulator.conftest import SETTINGS

SAMPLE = Path(__file__).parents[3] / "sandbox" / "agency" / "catalogue"


async def test_the_bot_is_presented_in_every_language(base_url: str, phone: SandboxClient) -> None:
    """Descriptions and commands are taken in all languages; said again nothing is set; an error is told."""
    wanted = profiles(load_voice(load_catalogue(SAMPLE)))
    async with TelegramChannel.open(SETTINGS.bot_token, base_url) as channel:
        first = await channel.introduce(wanted)
        again = await channel.introduce(wanted)
        await phone.lay_fault("server_error", method="getMyCommands")
        failed = await channel.introduce(wanted)

    assert (True, True, False) == (first, again, failed)
    sets = [call for call in await phone.calls() if call["method"].startswith("SetMy")]
    assert [200] * len(sets) == [call["status"] for call in sets]
    assert 4 == sum(call["method"] == "SetMyCommands" for call in sets)
