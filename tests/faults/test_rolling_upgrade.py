"""The release before, two pods of each service on NATS in three, is upgraded under load as by the chart."""

import json
import os
import random
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from cli.installation.local import ensure_secrets, write_secrets
from cli.settings import local_settings
from cli.up.command import Sample
from cli.up.office import SAMPLE_PUBLISHER
from contracts.logins import Login
from contracts.services import SERVICES
from deploy.helm import nats_values
from deploy.helm.services import Json
from runtime.embedded import EmbeddedPostgres
from tests.corpus import releases
from tests.faults.autopsy import examined
from tests.faults.chart_nats import chart_nodes
from tests.faults.harness import prepared
from tests.faults.offered import PUBLISHER
from tests.faults.pods import Pods, secrets_of
from tests.faults.rolling import ANSWERED_SECONDS, Step, judge, loaded, taken_all
from tests.faults.rollout import Rollout, provision, rollout
from tests.faults.upgrade import FEW, TOLD

SEED = os.environ.get("DOCWATCH_FAULTS_SEED") or str(random.SystemRandom().randrange(10**6))
KEEP = os.environ.get("DOCWATCH_FAULTS_KEEP")
LOGINS = "import json; from contracts.logins import LOGINS; print(json.dumps([vars(one) for one in LOGINS]))"

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(1200)]


def as_released(old: Path) -> Json:
    """Return what the release would have said of NATS's configuration: the rights that it knew."""
    config = nats_values.values()["config"]
    logins: list[Json] = json.loads(releases.run(old, ["-c", LOGINS]))
    users = [nats_values.user_of(Login(**one)) for one in logins]
    return {**config, "merge": {**config["merge"], "authorization": {"users": users}}}


@asynccontextmanager
async def own_postgres(home: Path) -> AsyncIterator[EmbeddedPostgres]:
    """Run a PostgreSQL beside the installation."""
    async with EmbeddedPostgres(home, password=secrets.token_hex(8)) as server:
        yield server


async def test_the_release_before_is_upgraded_under_load(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No post is lost or waits for long, no message is lost, doubled or out of order, whatever goes first."""
    old = releases.tree(releases.before(), tmp_path / "release")
    told = [f"repeat with DOCWATCH_FAULTS_SEED={SEED}"]
    chance = random.Random(SEED)  # noqa: S311 - an order that can be repeated
    known = [one for one in SERVICES if (old / "services" / one).is_dir()]
    try:
        with prepared(monkeypatch) as home:
            async with AsyncExitStack() as around:
                postgres = await around.enter_async_context(own_postgres(home / "postgres"))
                nodes = await around.enter_async_context(chart_nodes(home / "nats", as_released(old)))
                nodes.tell_by(monkeypatch)
                monkeypatch.setenv("DOCWATCH_DATABASE_URL", postgres.url())
                settings = local_settings()
                pods = Pods.of_chart(home / "pods", nodes.ca, settings.catalogue)
                values = ensure_secrets(settings.folder)
                passwords = {f"{one}_password": secrets.token_hex(8) for one in SERVICES}
                hook = partial(provision, pods, secrets_of(values, nodes.url, postgres.url(), **passwords))
                await hook(old)
                sample, offered = [_key(old, one, postgres.url()) for one in (SAMPLE_PUBLISHER, PUBLISHER)]
                write_secrets(settings.folder, {**values, "LOCAL_SAMPLE_KEY": sample})
                running = await around.enter_async_context(
                    rollout(
                        Sample(seed=int(SEED), applications=90, citizens=70),
                        pods,
                        {
                            one: postgres.url(SERVICES[one].role, passwords[f"{one}_password"])
                            for one in SERVICES
                        },
                        services=known,
                        history=told,
                        old=old,
                    )
                )
                keep = None if KEEP is None else Path(KEEP, SEED)
                await around.enter_async_context(examined(running.harness, keep))
                nodes.config = nats_values.values()["config"]
                order: dict[str, Step] = {f"nats-{n}": partial(nodes.restart, n) for n in range(3)}
                order["provisioning"] = hook
                order |= {one: partial(running.replace, one) for one in chance.sample(known, len(known))}
                added = [one for one in SERVICES if one not in known]
                order |= {one: partial(_added, running, one) for one in added}
                async with loaded(running, offered) as load:
                    await taken_all(load, order, partial(_flows, running))
                # The release answers 503 where a stream changes its leader; who posts comes again.
                await judge(load, {202, 503}, within=2 * ANSWERED_SECONDS)
                assert [] == nodes.refused()
    finally:
        sys.stdout.write("\n".join(["", *told, ""]))


def _key(old: Path, publisher: str, database: str) -> str:
    """Have the release make a key."""
    told = {"DOCWATCH_DATABASE_URL": database}
    made = releases.run(old, ["-m", "cli", "keys", "create", "--publisher", publisher, "--json"], told)
    return str(json.loads(made)["key"])


async def _added(running: Rollout, service: str) -> None:
    for _ in range(2):
        await running.start(service)


async def _flows(running: Rollout) -> None:
    """Return when some more people were told: the way through all that runs now is whole."""
    await running.harness.until(TOLD, await running.harness.count(TOLD) + FEW)
