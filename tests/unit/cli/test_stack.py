"""What `docwatch up` tells its programs."""

from collections import defaultdict
from unittest.mock import Mock

import pytest

from cli.installation.servers import Servers
from cli.installation.stack import Stack
from cli.installation.supervisor import Supervisor
from cli.settings import SAMPLE_CATALOGUE, LocalSettings
from cli.up.bots import public_names
from contracts.catalogue import load_catalogue


@pytest.mark.parametrize(("token", "expected"), [(None, "false"), ("123:own", None)])
def test_only_sandbox_citizens_have_no_quiet_hours(
    monkeypatch: pytest.MonkeyPatch, token: str | None, expected: str | None
) -> None:
    """The agency's quiet hours do not count with simulated phones, and count with a bot of its own."""
    monkeypatch.delenv("DOCWATCH_QUIET_HOURS", raising=False)
    values: defaultdict[str, str] = defaultdict(str)
    servers = Servers(values, values, "", values, {})
    settings = LocalSettings(_env_file=None, telegram_token=token)

    found = Stack(settings, values, servers, Mock(Supervisor))._environment("notifier", {"telegram": "bot"})

    assert expected == found.get("DOCWATCH_QUIET_HOURS")


def test_the_simulated_messengers_of_the_agency_are_used_without_any_token() -> None:
    """Each channel that has a bot gets the simulated one's token and address; no other does."""
    values: defaultdict[str, str] = defaultdict(str)
    servers = Servers(values, values, "", values, {})
    stack = Stack(LocalSettings(_env_file=None), values, servers, Mock(Supervisor))

    both = stack._environment("notifier", {"telegram": "bot", "viber": "uri"})
    one = stack._environment("notifier", {"telegram": "bot"})

    assert ("uri", "http://127.0.0.1:8090/viber") == (
        both["DOCWATCH_VIBER_BOT"],
        both["DOCWATCH_VIBER_API_URL"],
    )
    assert {
        "DOCWATCH_VIBER_BOT",
        "DOCWATCH_VIBER_TOKEN",
        "DOCWATCH_VIBER_API_URL",
    } == both.keys() - one.keys()


def test_the_simulated_provider_of_texts_is_described_to_the_notifier_alone() -> None:
    """With SMS the notifier is told of the description and its secrets; nobody else is."""
    values: defaultdict[str, str] = defaultdict(str)
    servers = Servers(values, values, "", values, {})
    stack = Stack(LocalSettings(_env_file=None), values, servers, Mock(Supervisor))
    bots = {"telegram": "bot", "sms": "DocService"}

    told = {one: stack._environment(one, bots) for one in ("ingest", "tracker", "notifier")}
    names = {"SMS_GATEWAY", "SMS_KEY", "SMS_WEBHOOK_SECRET", "SMS_SIGNING_KEY", "SMS_SENDER"}
    texts = {one: {key for key in found if key.startswith("DOCWATCH_SMS_")} for one, found in told.items()}

    assert {"ingest": set(), "tracker": set(), "notifier": {f"DOCWATCH_{name}" for name in names}} == texts
    assert "DocService" == told["notifier"]["DOCWATCH_SMS_SENDER"]


async def test_simulated_bots_are_called_as_the_catalogue_says() -> None:
    """The first bot of each channel that the agency offers; one of Telegram where it offers none."""
    agency, settings = load_catalogue(SAMPLE_CATALOGUE).agency, LocalSettings(_env_file=None)

    named = {
        "telegram": "docwatch_sample_bot",
        "viber": "docwatchsample",
        "email": "documents@agency.example",
        "sms": "DocService",
    }
    assert named == await public_names(settings, agency)
    assert {"telegram": "docwatch_bot"} == await public_names(
        settings, agency.model_copy(update={"channels": ()})
    )


@pytest.mark.parametrize(
    "setting", ["TELEGRAM_TOKEN", "VIBER_TOKEN", "TELEGRAM_SECOND_TOKEN", "SMTP_URL", "SMS_GATEWAY"]
)
def test_nothing_is_simulated_beside_a_real_bot(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    """A token of either messenger switches both simulated ones off: anybody knows theirs."""
    monkeypatch.setenv(f"DOCWATCH_{setting}", "own")
    settings = LocalSettings(_env_file=None)

    assert (False, False) == (settings.sandboxed, "phone" in settings.ports)
