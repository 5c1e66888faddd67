"""How a sandbox is set up."""

from dataclasses import dataclass, field
from pathlib import Path

from sandbox.sms.reports import Retries
from sandbox.telegram.world.limits import LimitSettings
from sandbox.telegram.world.wire import BotIdentity
from sandbox.viber.world.model import BotIdentity as ViberIdentity
from sandbox.viber.world.retries import RetrySettings

OFFICE_KEY = "DOCWATCH_OFFICE_KEY"
"""The variable of the environment with the key by which the clerk of the page publishes."""

# Anybody may know these tokens: they open a simulated world on the loopback interface and nothing else.
_SANDBOX_BOT = (7_000_000_001, "sandbox-token-of-the-sample-agency1")
VIBER_TOKEN = "sandboxtokenofth-esampleagencyand-nobodyelsesworld"  # noqa: S105  # see above
VIBER_URI = "docwatchsandbox"
SMS_KEY = "sandboxkeyofthesampleagency"
SMS_WEBHOOK_SECRET = "sandboxdoorofthesampleagency"  # noqa: S105  # see above
SMS_SIGNING_KEY = "sandboxsignatureofthesampleagency"


@dataclass(frozen=True, slots=True)
class BotSettings:
    """A bot of the simulated Telegram: its token, its public name, and what it is called in chats."""

    token: str = field(repr=False)
    username: str
    name: str

    @property
    def identity(self) -> BotIdentity:
        """Return who the bot is; raise ValueError where the token is malformed."""
        bot_id, colon, _ = self.token.partition(":")
        if not colon or not bot_id.isdecimal():
            raise ValueError("the bot's token must look like <number>:<letters and digits>")
        return BotIdentity(int(bot_id), self.username, self.name)


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """Where ingest is, the agency's key to it, and the directory of the catalogue."""

    ingest_url: str
    key: str = field(repr=False)
    catalogue: Path


@dataclass(frozen=True, slots=True)
class ViberSettings:
    """The account of the bot in the simulated Viber, and how its callbacks are repeated.

    So many messages of a month outside sessions are free; accounts of these years have none.
    """

    token: str = field(default=VIBER_TOKEN, repr=False)
    uri: str = VIBER_URI
    name: str = "Docwatch"
    free_messages: int = 0
    retries: RetrySettings = field(default_factory=RetrySettings)

    @property
    def bot(self) -> ViberIdentity:
        """Return who the bot is."""
        return ViberIdentity(self.uri, self.name)


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """The customer's keys with the simulated provider of SMS, what phones call the sender, the retries."""

    key: str = field(default=SMS_KEY, repr=False)
    signing_key: str = field(default=SMS_SIGNING_KEY, repr=False)
    name: str = "Docwatch"
    retries: Retries = field(default_factory=Retries)


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """Where the simulated provider of mail takes letters, on this machine alone; port 0 takes a free one."""

    port: int = 0


@dataclass(frozen=True, slots=True)
class BrowserSettings:
    """Where the citizens' page is that phones open in their browsers, without a slash at its end."""

    public_url: str


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Where the server listens, where the world is kept, who the bots are, how fast they may send.

    Port 0 takes a free one; without `data` the world is in memory; without `office` nobody is at the desk,
    without `viber`, `email`, `sms` and `browser` there is only Telegram. `further` are more bots of Telegram:
    everybody has a chat of its own with each, under `/bots/<username>/` as the first bot's are under `/`.
    `staff` is a file that says how the sample member of staff signs in at the desk.
    """

    host: str = "127.0.0.1"
    port: int = 8090
    data: Path | None = None
    bot_token: str = field(default=":".join(map(str, _SANDBOX_BOT)), repr=False)
    bot_username: str = "docwatch_sandbox_bot"
    bot_name: str = "Docwatch"
    limits: LimitSettings = field(default_factory=LimitSettings)
    tap_seconds: float = 150.0
    further: tuple[BotSettings, ...] = ()
    office: OfficeSettings | None = None
    staff: Path | None = None
    viber: ViberSettings | None = field(default_factory=ViberSettings)
    email: EmailSettings | None = field(default_factory=EmailSettings)
    sms: SmsSettings | None = field(default_factory=SmsSettings)
    browser: BrowserSettings | None = None

    @property
    def bots(self) -> tuple[BotSettings, ...]:
        """Return all bots, the first one first."""
        return (BotSettings(self.bot_token, self.bot_username, self.bot_name), *self.further)
