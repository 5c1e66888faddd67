"""What `docwatch up` tells its programs."""

from collections import defaultdict
from unittest.mock import Mock

import pytest

from cli.installation.servers import Servers
from cli.installation.stack import Stack
from cli.installation.supervisor import Supervisor
from cli.settings import LocalSettings


@pytest.mark.parametrize(("token", "expected"), [(None, "false"), ("123:own", None)])
def test_only_sandbox_citizens_have_no_quiet_hours(
    monkeypatch: pytest.MonkeyPatch, token: str | None, expected: str | None
) -> None:
    """The agency's quiet hours do not count with simulated phones, and count with a bot of its own."""
    monkeypatch.delenv("DOCWATCH_QUIET_HOURS", raising=False)
    values: defaultdict[str, str] = defaultdict(str)
    servers = Servers(values, values, "", values, {})
    settings = LocalSettings(_env_file=None, telegram_token=token)

    found = Stack(settings, values, servers, Mock(Supervisor))._environment("notifier", "bot")

    assert expected == found.get("DOCWATCH_QUIET_HOURS")
