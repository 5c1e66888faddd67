"""Everything is restarted one after the other under load, as Kubernetes does it by what the chart renders."""

import os
import random
import secrets
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from cli.installation.local import ensure_secrets
from cli.settings import local_settings
from cli.up.command import Sample
from contracts.services import SERVICES
from tests.faults.autopsy import examined
from tests.faults.chart_nats import ChartNodes, chart_nodes
from tests.faults.desk import desk
from tests.faults.fleet import Fleet
from tests.faults.harness import prepared
from tests.faults.patroni import HighlyAvailable, highly_available
from tests.faults.pods import Pods, secrets_of
from tests.faults.rolling import Step, judge, loaded, taken_all
from tests.faults.rollout import Rollout, provision, rollout

SEED = os.environ.get("DOCWATCH_FAULTS_SEED") or str(random.SystemRandom().randrange(10**6))
KEEP = os.environ.get("DOCWATCH_FAULTS_KEEP")

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(1200)]


def databases(database: HighlyAvailable, passwords: Mapping[str, str]) -> dict[str, str]:
    """Return where each service finds its own, by its own role."""
    own = f"postgres:{database.password}@"
    return {one: database.url().replace(own, f"{SERVICES[one].role}:{passwords[one]}@") for one in SERVICES}


def steps(running: Rollout, nodes: ChartNodes, database: HighlyAvailable) -> dict[str, Step]:
    """Return what is restarted, by its name: services, nodes of NATS, and PostgreSQL, the primary last."""

    async def servers_of_postgres() -> None:
        first = await database.leader()
        for number in range(len(database.nodes)):
            if number != first:
                await database.restart(number)
        await database.restart(await database.switch_over())

    found: dict[str, Step] = {one: partial(running.replace, one) for one in SERVICES}
    found |= {f"nats-{number}": partial(nodes.restart, number) for number in range(3)}
    return {**found, "postgresql": servers_of_postgres}


async def test_everything_is_restarted_under_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """No post is lost or waits for long, no message is lost, doubled or out of order, whatever goes first."""
    told = [f"repeat with DOCWATCH_FAULTS_SEED={SEED}"]
    chance = random.Random(SEED)  # noqa: S311 - an order that can be repeated
    passwords = {one: secrets.token_hex(8) for one in SERVICES}
    try:
        with prepared(monkeypatch) as home:
            async with AsyncExitStack() as around:
                database = await around.enter_async_context(highly_available(home))
                nodes = await around.enter_async_context(chart_nodes(home / "nats"))
                nodes.tell_by(monkeypatch)
                monkeypatch.setenv("DOCWATCH_DATABASE_URL", database.url())
                settings = local_settings()
                pods = Pods.of_chart(home / "pods", nodes.ca, settings.catalogue)
                own = {f"{one}_password": word for one, word in passwords.items()}
                values = ensure_secrets(settings.folder)
                await provision(pods, secrets_of(values, nodes.url, database.url(), **own))
                running = await around.enter_async_context(
                    rollout(
                        Sample(seed=int(SEED), applications=60, citizens=50),
                        pods,
                        databases(database, passwords),
                        services=tuple(SERVICES),
                        history=told,
                    )
                )
                keep = None if KEEP is None else Path(KEEP, SEED)
                await around.enter_async_context(examined(running.harness, keep))
                order = list(steps(running, nodes, database).items())
                chance.shuffle(order)
                async with desk(Fleet(running.harness, {}, {})) as counter:
                    async with loaded(running) as load:
                        await taken_all(load, dict(order), counter.tell)
                    load.sent, load.followers = counter.sent, counter.followers
                await judge(load)
                assert [] == nodes.refused()
    finally:
        sys.stdout.write("\n".join(["", *told, ""]))
