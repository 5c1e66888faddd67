"""One server as deploy/ has it, for all tests of this folder that do not break it."""

import asyncio
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from cli.installation.provisioning import provision_streams
from tests.integration.deployed.server import Deployed, deployed_nats

# Helm's library has no wheel for macOS on Intel.
collect_ignore = [] if find_spec("helm_python") else ["test_chart_servers.py"]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, runner: asyncio.Runner) -> Iterator[Deployed]:
    """The server, its streams provisioned by the login for that."""
    running = deployed_nats(Path(tmp_path_factory.mktemp("deployed")))
    found = runner.run(running.__aenter__())
    runner.run(provision_streams(found.url("provision"), ca=found.ca))
    yield found
    runner.run(running.__aexit__(None, None, None))
