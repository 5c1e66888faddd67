"""What the doctor sees of e-mail: it connects and logs in, and sends nothing."""

import pytest

from cli.doctor.channel_facts import MailFact
from cli.doctor.checks import CHECKS
from cli.doctor.facts import Facts
from cli.doctor.mail import look_at_mail
from cli.installation.settings import InstallationSettings
from runtime.clock import SystemClock
from sandbox.email.script import Fault, Script
from sandbox.email.server import MailServer
from sandbox.email.world import World
from tests.runbook import has_line

CLOCK = SystemClock()


def settings(**given: object) -> InstallationSettings:
    return InstallationSettings.model_validate(
        {"telegram_token": "1:a", "public_url": "https://d.example", **given}
    )


async def look(**given: object) -> tuple[MailFact, ...]:
    return await look_at_mail(settings(**given), CLOCK, offered=True, served=True)


async def test_a_server_that_takes_letters_is_fit() -> None:
    """Connected, greeted, and left again: no letter was begun."""
    script = Script()
    server = MailServer(World(None, lambda number: number, CLOCK, lambda _: None), script)
    async with server.serving("127.0.0.1", 0) as port:
        url = f"smtp://127.0.0.1:{port}"
        (fit,) = await look(smtp_url=url, bounce_secret="word")  # noqa: S106 - a test's own
        (unread,) = await look(smtp_url=url)
        script.lay(Fault("refuse", "connect", 554, "5.7.1 you are on a list"))
        (refused,) = await look(smtp_url=url, bounce_secret="word")  # noqa: S106 - the same

    assert MailFact("letters", f"127.0.0.1:{port}") == fit
    assert (None, True) == (unread.error, unread.unread)
    assert refused.refused is not None
    assert "mail" not in script.commands


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"smtp_url": "smtp://u@mx.agency.example"}, "setting"),
        ({"smtp_url": "smtp://127.0.0.1:9", "bounce_secret": "word"}, "unreachable"),
        ({"smtp_url": "smtp://127.0.0.1:9", "imap_url": "imaps://u:s3cret@127.0.0.1:9"}, "unreachable"),
        ({"smtp_url": "smtp://127.0.0.1:9", "imap_url": "ftp://u:s3cret@127.0.0.1:9"}, "setting"),
    ],
)
async def test_what_is_wrong_is_told_with_what_to_do(given: dict[str, object], code: str) -> None:
    """Wrong settings and a server that is away are problems, told without a password, with a runbook."""
    findings = list(CHECKS["mail"](Facts(mail=await look(**given))))

    assert code in {one.code for one in findings}
    assert "s3cret" not in repr(findings)
    assert all(has_line(one.runbook, one.code) for one in findings)


async def test_nothing_is_looked_at_where_e_mail_is_off() -> None:
    """Without a server there is nothing to ask."""
    assert () == await look()
