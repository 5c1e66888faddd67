"""Each login of deploy/nats tries everything: what it must do works, and all else is refused."""

import asyncio
import json
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from nats.aio.msg import Msg
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from contracts import streams
from contracts.logins import LOGINS, OWN_RIGHTS
from contracts.messages.rpc import STATUS
from contracts.services import SERVICES
from runtime.embedded import binaries
from runtime.messaging.jetstream import settle
from runtime.messaging.stream_writer import Outgoing, StreamWriter, Unknown
from runtime.process import start
from runtime.process.lifecycle import Stop
from runtime.process.operations import operations
from runtime.settings import RuntimeSettings
from tests.conftest import Databases
from tests.integration.deployed.deeds import DEEDS, MAY, Deed
from tests.integration.deployed.server import Connected, Deployed, configured, environment


async def _try(connected: Connected, deed: Deed) -> None:
    if deed.listen:
        await connected.client.subscribe(deed.subject, deed.queue)
    else:
        await connected.client.publish(deed.subject, b"{}", connected.client.new_inbox())


async def _settings(deployed: Deployed) -> dict[str, object]:
    """The configuration of every stream and the names of its consumers."""
    async with deployed.connected("provision") as operator:
        js = operator.client.jetstream()
        return {
            info.config.name or "": (
                info.config,
                sorted(one.name for one in await js.consumers_info(info.config.name or "")),
            )
            for info in await js.streams_info()
        }


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_may_do_what_it_must_and_nothing_else(deployed: Deployed, service: str) -> None:
    """Of all that can be done on this server a login is refused exactly what its service need not do."""
    before = await _settings(deployed)
    refused = set()
    async with deployed.connected(service) as connected:
        for name, deed in DEEDS.items():
            connected.errors.clear()
            await _try(connected, deed)
            await settle(connected.client)
            if any("permissions violation" in one.lower() for one in connected.errors):
                refused.add(name)

    assert MAY[service] == set(DEEDS) - refused
    assert len(refused) <= len(deployed.refused())
    assert before == await _settings(deployed)


async def test_a_message_of_another_cannot_be_acknowledged(deployed: Deployed) -> None:
    """Whoever learns where a message is acknowledged still cannot take it from its reader."""
    async with deployed.connected("tracker") as tracker, deployed.connected("notifier") as notifier:
        js = tracker.client.jetstream()
        await js.publish(streams.STAGE_SUBJECT, b"{}")
        reader = await js.pull_subscribe_bind(streams.TRACKER_STAGES.durable, streams.STAGES.name)
        [message] = await reader.fetch(1, timeout=5)
        before = (await reader.consumer_info()).num_ack_pending or 0
        await notifier.client.publish(message.reply, b"+ACK")
        await settle(notifier.client)
        after_the_other = (await reader.consumer_info()).num_ack_pending
        await message.ack_sync()

        assert before == after_the_other
        assert before - 1 == (await reader.consumer_info()).num_ack_pending
        assert [True] == ["permissions violation" in one.lower() for one in notifier.errors]


async def test_a_question_is_answered_once(deployed: Deployed) -> None:
    """The tracker answers where it is asked, without a right to write to any inbox by itself."""
    async with deployed.connected("tracker") as tracker, deployed.connected("notifier") as notifier:
        asked = asyncio.get_running_loop().create_future()

        async def answer(question: Msg) -> None:
            await question.respond(b"yes")
            await question.respond(b"and yes")
            asked.set_result(question.reply)

        await tracker.client.subscribe(STATUS, "tracker", cb=answer)
        await settle(tracker.client)
        reply = await notifier.client.request(STATUS, b"?", timeout=5)
        await asked
        await settle(tracker.client)

        assert b"yes" == reply.data
        assert [True] == ["permissions violation" in one.lower() for one in tracker.errors]


async def test_a_missing_right_makes_a_service_unready(deployed: Deployed, databases: Databases) -> None:
    """A service that NATS refuses something says so under /readyz, with the subject, and still lives."""
    settings = RuntimeSettings.model_construct(
        nats_url=SecretStr(deployed.url("notifier")), nats_ca=deployed.ca
    )
    url = databases.url("notifier")
    async with (
        start.messaging(settings, "notifier", Stop()) as bus,
        start.database(url, "notifier", "services.notifier", size=2) as pool,
    ):
        app = operations(start.fitness(bus, pool), CollectorRegistry(), "127.0.0.1")
        async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1") as http:
            before = await http.get("/readyz")
            published = StreamWriter(bus.client, wait=0.3).publish(
                [Outgoing(streams.STAGE_SUBJECT, "x", b"{}")]
            )
            [told] = await published
            after, alive = await http.get("/readyz"), await http.get("/healthz")

    assert isinstance(told, Unknown)
    assert (200, 503, 200) == (before.status_code, after.status_code, alive.status_code)
    assert ["rights"] == list(after.json()["problems"])
    assert streams.STAGE_SUBJECT in after.json()["problems"]["rights"]


@pytest.mark.parametrize("login", [one.name for one in LOGINS])
async def test_a_login_is_told_its_rights(deployed: Deployed, login: str) -> None:
    """The server itself names the rights of the table, so that `docwatch doctor` can compare them."""
    wanted = {one.name: one for one in LOGINS}[login]
    async with deployed.connected(login) as connected:
        told = json.loads((await connected.client.request(OWN_RIGHTS, timeout=5)).data)["data"]["permissions"]

    assert set(wanted.publish) == set(told["publish"]["allow"])
    assert set(wanted.subscribe) == set(told["subscribe"]["allow"])
    assert wanted.answers == ("responses" in told)


async def test_the_configuration_is_one(deployed: Deployed, tmp_path: Path) -> None:
    """nats-server reads deploy/nats/nats.conf, also with the publisher of the example."""
    file = configured(tmp_path, {"# { user": "{ user"})
    reading = await asyncio.create_subprocess_exec(
        *(binaries.nats_server(), "-t", "-c", str(file)),
        env={**environment(deployed.secrets, tmp_path), "NATS_PASSPORTS_PASSWORD": "x"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await reading.communicate()

    assert 0 == reading.returncode, said.decode()
