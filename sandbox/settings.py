"""How a sandbox is set up."""

from dataclasses import dataclass, field
from pathlib import Path

from sandbox.telegram.world.limits import LimitSettings
from sandbox.telegram.world.wire import BotIdentity

OFFICE_KEY = "DOCWATCH_OFFICE_KEY"
"""The variable of the environment with the key by which the clerk of the page publishes."""

# Anybody may know this token: it opens a simulated world on the loopback interface and nothing else.
_SANDBOX_BOT = (7_000_000_001, "sandbox-token-of-the-sample-agency1")


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """Where ingest is, the agency's key to it, and the directory of the catalogue."""

    ingest_url: str
    key: str = field(repr=False)
    catalogue: Path


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Where the server listens, where the world is kept, who the bot is, how fast it may send.

    Port 0 takes a free one; without `data` the world is in memory; without `office` nobody is at the desk.
    """

    host: str = "127.0.0.1"
    port: int = 8090
    data: Path | None = None
    bot_token: str = field(default=":".join(map(str, _SANDBOX_BOT)), repr=False)
    bot_username: str = "docwatch_sandbox_bot"
    bot_name: str = "Docwatch"
    limits: LimitSettings = field(default_factory=LimitSettings)
    tap_seconds: float = 150.0
    office: OfficeSettings | None = None

    @property
    def bot(self) -> BotIdentity:
        """Return who the bot is; raise ValueError where the token is malformed."""
        bot_id, colon, _ = self.bot_token.partition(":")
        if not colon or not bot_id.isdecimal():
            raise ValueError("the bot's token must look like <number>:<letters and digits>")
        return BotIdentity(int(bot_id), self.bot_username, self.bot_name)
