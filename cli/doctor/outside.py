"""The doctor's judgement of what is around the servers: the catalogue, the bot, the disk, the services."""

from collections.abc import Iterator
from functools import partial

from cli.doctor.channel_facts import BotFact
from cli.doctor.facts import CatalogueFact, Facts
from cli.doctor.findings import Finding, problem, warning
from contracts.channels import CHANNELS

LOW_DISK_BYTES = 2 * 1024**3
LOW_DISK_SHARE = 0.1
WAITING_UPDATES = 100
_TOKENS_FROM = {"telegram": "@BotFather", "viber": "the bot's page at partners.viber.com"}
_CREDENTIALS = {
    "email": "DOCWATCH_SMTP_URL",
    "sms": "DOCWATCH_SMS_GATEWAY or DOCWATCH_SMPP_URL",
    "web": "DOCWATCH_PUBLIC_URL",
}
"""The settings of those accounts that have no token."""
_POSTED_TO = {"telegram": "DOCWATCH_TELEGRAM_WEBHOOK_URL"}
"""What says where updates are posted, if not what says where the page is."""


def catalogue(facts: Facts) -> Iterator[Finding]:
    """The catalogue can be used and is the agency's own."""
    fact = facts.catalogue
    if fact is None:
        return
    for sentence in fact.problems:
        yield problem(
            "catalogue",
            "unfit",
            sentence,
            "no service starts on a catalogue with a problem",
            "correct the line; docwatch catalogue check says when it is fit",
        )
    if fact.sample and any(not bot.simulated for bot in facts.bots):
        yield warning(
            "catalogue",
            "sample",
            "a real bot speaks with the sample agency's catalogue",
            "citizens would read of offices and documents that do not exist",
            "set DOCWATCH_CATALOGUE to the agency's own directory",
        )


def bots(facts: Facts) -> Iterator[Finding]:
    """Each token opens the bot whose name the receipts publish, and nobody else takes its updates."""
    for account in facts.unserved:
        yield problem(
            "bot",
            "no-token",
            f"the catalogue offers the account {account}, and no token is given for it",
            "whoever scans a receipt is led to a bot that does not answer",
            f"set {token_setting(account)}, or take the account out of the catalogue",
        )
    for bot in facts.bots:
        yield from _bot(bot, facts.catalogue)


def token_setting(account: str) -> str:
    """Return the setting that holds an account's token."""
    return _CREDENTIALS.get(account) or f"{_prefix(account)}_TOKEN"


def _prefix(account: str) -> str:
    return f"DOCWATCH_{account.replace('.', '_').upper()}"


def _bot(bot: BotFact, catalogue: CatalogueFact | None) -> Iterator[Finding]:
    if bot.same_as is not None:
        yield problem(
            "bot",
            "same-token",
            f"{bot.account} has the token of {bot.same_as}",
            "the account is left out: one bot cannot be two accounts",
            f"put the other bot's token into {token_setting(bot.account)}, or unset it",
        )
        return
    if bot.refused:
        yield problem(
            "bot",
            "token",
            f"{bot.api} refuses the token of {bot.account}",
            "no citizen gets or is given any message through it",
            f"copy the token anew from {_token_from(bot)} into {token_setting(bot.account)}",
        )
        return
    if bot.error is not None:
        yield problem(
            "bot",
            "unreachable",
            f"{bot.api} does not answer for {bot.account}: {bot.error}",
            "no citizen gets or is given any message through it",
            f"check DOCWATCH_{bot.channel.upper()}_API_URL, the name server, the proxy and the firewall",
        )
        return
    yield from _named(bot, catalogue)
    yield from _webhook(bot)
    if bot.waiting_updates >= WAITING_UPDATES:
        yield warning(
            "bot",
            "waiting-updates",
            f"{bot.waiting_updates} messages from citizens to {bot.account} wait to be read",
            "people get no answer; the messenger forgets what is older than 24 hours",
            'see that a notifier runs and holds the lease; runbook section "The bot does not answer"',
        )


def _named(bot: BotFact, catalogue: CatalogueFact | None) -> Iterator[Finding]:
    if catalogue is None or catalogue.problems:
        return
    called = partial(_called, bot.channel)
    published = catalogue.bots.get(bot.account)
    if published is not None and bot.username is not None and published.lower() != bot.username.lower():
        yield problem(
            "bot",
            "other-name",
            f"receipts link to {called(published)}, the token of {bot.account} is that of"
            f" {called(bot.username)}",
            "every printed link and code leads to somebody else's bot",
            f"correct the name in the catalogue (and DOCWATCH_{bot.channel.upper()}_BOT),"
            " or use the other token",
        )
    if published is None:
        # A bot that is not offered any more may go on serving its people.
        tell = warning if catalogue.bots else problem
        yield tell(
            "bot",
            "no-name",
            f"the catalogue does not name the bot of {bot.account}",
            "no receipt can carry a link to it",
            "write it into the catalogue's agency file, under channels",
        )


def _called(channel: str, name: str) -> str:
    return CHANNELS[channel].called.format(name=name)


def _webhook(bot: BotFact) -> Iterator[Finding]:
    if bot.channel == "telegram" and bot.wanted is None and bot.webhook:
        yield problem(
            "bot",
            "webhook",
            f"another program has set a webhook for the bot of {bot.account}",
            "the messenger then gives no updates to the notifier: the bot is deaf",
            "delete it: call deleteWebhook with this bot's token; find out who set it",
        )
    if bot.channel not in _POSTED_TO and bot.wanted is None:
        yield problem(
            "bot",
            "no-address",
            f"DOCWATCH_PUBLIC_URL is not set, and {bot.account} cannot be used without it",
            f"{CHANNELS[bot.channel].title} posts what people write; the notifier leaves the account out",
            "set it to the https:// address under which the internet reaches the notifier's public port",
        )
    setting = _POSTED_TO.get(bot.channel, "DOCWATCH_PUBLIC_URL")
    if bot.elsewhere:
        yield problem(
            "bot",
            "webhook-elsewhere",
            f"updates of {bot.account} are posted elsewhere than to {setting}",
            "citizens' messages do not reach the notifier",
            "see that a notifier runs: it registers the address; a second installation needs its own bot",
        )
    if bot.wanted is not None and not bot.wanted.startswith("https://") and not bot.simulated:
        yield problem(
            "bot",
            "webhook-plain",
            f"{setting} does not begin with https://",
            "the messenger refuses it, and what citizens write would go readably",
            "give the address that the proxy with the certificate serves",
        )
    if bot.guessable:
        yield problem(
            "bot",
            "webhook-secret",
            f"{_prefix(bot.account)}_WEBHOOK_SECRET is short enough to be guessed",
            "whoever guesses it and the address can write in any citizen's name",
            "unset it: one is derived from the token; or draw one: openssl rand -hex 32",
        )


def disk(facts: Facts) -> Iterator[Finding]:
    """There is room for what comes in."""
    fact = facts.disk
    if fact is not None and (
        fact.free < LOW_DISK_BYTES or fact.free < min(LOW_DISK_SHARE * fact.total, 10 * LOW_DISK_BYTES)
    ):
        yield problem(
            "disk",
            "low",
            f"{fact.free / 1024**3:.1f} GiB of {fact.total / 1024**3:.0f} GiB are free on {fact.path}",
            "on a full disk NATS and PostgreSQL stop, and posts are answered 503",
            "make room or move DOCWATCH_DATA_DIR",
        )


def services(facts: Facts) -> Iterator[Finding]:
    """Every service that runs is ready, and nobody on the way reads what back offices send."""
    door = facts.door
    if door is not None and door.open and not door.encrypted:
        yield warning(
            "services",
            "plain",
            f"other machines reach ingest in plain HTTP: {door.url}",
            "whoever is on the way reads keys and numbers of applications, and can publish by them",
            "put the proxy of deploy/nginx before it, and its https:// address into DOCWATCH_INGEST_URL",
        )
    for service in facts.services:
        if service.error is not None:
            tell = warning if service.elsewhere else problem
            yield tell(
                "services",
                "silent",
                f"{service.name} does not answer on {service.url}: {service.error}",
                "its part of the work stands still",
                f"look at its log; set DOCWATCH_{service.name.upper()}_OPS_URL where it listens elsewhere",
            )
        for check, what in (service.problems or {}).items():
            yield problem(
                "services",
                "not-ready",
                f"{service.name} is not ready: {check}: {what}",
                "its part of the work stands still",
                f"mend what {check} names; the service comes back by itself",
            )


def _token_from(found: BotFact) -> str:
    return _TOKENS_FROM.get(found.channel, f"where {CHANNELS[found.channel].title} shows it")
