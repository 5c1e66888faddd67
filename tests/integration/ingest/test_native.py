"""Publishers that have NATS themselves: request and reply to ingest, under credentials of their own."""

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error, NoRespondersError
from nats.js.errors import NotFoundError
from pydantic import SecretStr

from cli.installation.provisioning import provision_streams
from contracts.streams import EVENTS_SUBJECT, STAGE_SUBJECT
from runtime.embedded import EmbeddedNats, NatsUser
from runtime.process.lifecycle import Stop
from services.ingest.app import build
from services.ingest.settings import IngestSettings
from tests.conftest import PASSWORD, STORE_LIMIT, Databases
from tests.guide import blocks
from tests.integration.ingest.conftest import CATALOGUE, PUBLISHER, event, stored
from tests.waiting import until

SUBJECT = f"{EVENTS_SUBJECT}.{PUBLISHER}"
PERMITTED = re.compile(
    r"# \{ user: passports, .* publish: \{ allow: (\[.*?\]) \}, subscribe: \{ allow: (\[.*?\]) \}"
)


def configuration() -> str:
    """What nats-server is given where Docwatch is deployed."""
    return Path("deploy/nats/nats.conf").read_text("utf-8")


@pytest.fixture(scope="module")
def shared(server_home: Path, runner: asyncio.Runner) -> Iterator[EmbeddedNats]:
    """A nats-server whose publisher has the permissions that deploy/nats shows, and no others."""
    found = PERMITTED.search(configuration())
    assert found is not None
    publish, subscribe = (tuple(json.loads(one)) for one in found.groups())
    users = (
        NatsUser("provision", PASSWORD),
        NatsUser("ingest", PASSWORD),
        NatsUser(PUBLISHER, PASSWORD, publish, subscribe),
    )
    home = server_home / "nats-native"
    server = EmbeddedNats(home, users=users, sync_always=False, store_limit=STORE_LIMIT)
    runner.run(server.start())
    yield server
    runner.run(server.stop())


@pytest.fixture
async def server(shared: EmbeddedNats) -> EmbeddedNats:
    """The server with streams, which nothing is in."""
    client = await nats.connect(shared.url("provision"))
    with suppress(NotFoundError):
        # Only a new stream has forgotten which copies it knows.
        await client.jetstream().delete_stream("STAGES")
    await client.close()
    await provision_streams(shared.url("provision"))
    return shared


@asynccontextmanager
async def listening(
    server: EmbeddedNats, databases: Databases, *, native: bool = True
) -> AsyncIterator[None]:
    """Run a whole ingest, its loops too, until publishers may send."""
    stop = Stop()
    settings = IngestSettings(
        nats_url=SecretStr(server.url("ingest")),
        database_url=SecretStr(databases.url("ingest")),
        catalogue=CATALOGUE,
        pepper=SecretStr("ab" * 32),
        receipt_key=SecretStr("cd" * 32),
        native_publishers=native,
        publish_wait=0.3,
    )
    async with build(settings)(stop) as service:
        tasks = [asyncio.ensure_future(one()) for one in service.loops]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)


class Publisher:
    """An agency's own program: one connection under its credentials."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.client = Client()

    @asynccontextmanager
    async def connected(self, server: EmbeddedNats) -> AsyncIterator["Publisher"]:
        """Connect as the guide says."""

        async def noted(error: Exception) -> None:
            self.errors.append(error)

        await self.client.connect(
            server.url(PUBLISHER), inbox_prefix=f"_INBOX_{PUBLISHER}", error_cb=noted, allow_reconnect=False
        )
        try:
            yield self
        finally:
            await self.client.close()

    async def refused(self) -> bool:
        """Tell whether the server said no."""
        return bool(self.errors)

    async def send(self, body: object, **headers: str) -> tuple[Msg, Any]:
        """Send until somebody listens; return the answer and its JSON."""
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def answered() -> Msg | None:
            with suppress(NoRespondersError):
                return await self.client.request(SUBJECT, payload, timeout=10, headers=named or None)
            return None

        answer = await until(answered, every=0.02)
        return answer, json.loads(answer.data)


@pytest.fixture
async def publisher(server: EmbeddedNats) -> AsyncIterator[Publisher]:
    async with Publisher().connected(server) as found:
        yield found


@pytest.fixture
async def observer(server: EmbeddedNats) -> AsyncIterator[Client]:
    """One who sees everything."""
    client = await nats.connect(server.url("provision"))
    yield client
    await client.close()


async def test_the_same_events_get_the_same_answers_as_over_http(
    databases: Databases, server: EmbeddedNats, publisher: Publisher, observer: Client
) -> None:
    """One event, a batch and binary mode come in once each, keyed; what is wrong is a problem."""
    attributes = {f"ce_{name}": str(value) for name, value in event("e-3").items() if name != "data"}
    async with listening(server, databases):
        answers = [
            await publisher.send(event("e-1")),
            await publisher.send(event("e-1")),
            await publisher.send(
                [event("e-2"), {"id": "bad"}], Content_Type="application/cloudevents-batch+json"
            ),
            await publisher.send(event("e-3")["data"], Content_Type="application/json", **attributes),
        ]
        problems = [
            await publisher.send({**event("e-4"), "source": "somebody-else"}),
            await publisher.send(b"{"),
            await publisher.send(b"{}", Content_Type="text/plain"),
            await publisher.send(b"{}\n", Content_Type="application/x-ndjson"),
        ]

    assert [(1, 0, 0), (0, 1, 0), (1, 0, 1), (1, 0, 0)] == [
        (one["accepted"], one["duplicates"], len(one["rejected"])) for _, one in answers
    ]
    assert [422, 400, 415, 415] == [one["status"] for _, one in problems]
    assert "/source" == problems[0][1]["errors"][0]["pointer"]
    kinds = [(one.headers or {})["Content-Type"] for one, _ in (*answers, *problems)]
    assert ["application/json"] * 4 + ["application/problem+json"] * 4 == kinds
    bodies = [json.loads(one) for one in await stored(observer)]
    assert [("e-1", PUBLISHER), ("e-2", PUBLISHER), ("e-3", PUBLISHER)] == [
        (one["event_id"], one["publisher"]) for one in bodies
    ]
    assert not any(b"123456789" in one for one in await stored(observer))


@pytest.mark.parametrize(
    "subject",
    [
        STAGE_SUBJECT,
        f"{EVENTS_SUBJECT}.visas",
        f"{EVENTS_SUBJECT}.passports.visas",
        "$JS.API.INFO",
        "docwatch.rpc.tracker.v1.issue",
    ],
)
async def test_the_credentials_open_one_subject_only(
    publisher: Publisher, observer: Client, subject: str
) -> None:
    """Streams, other publishers' subjects, the stream's interface and other services are refused by NATS."""
    heard: list[Msg] = []

    async def note(message: Msg) -> None:
        heard.append(message)

    await observer.subscribe(subject, cb=note)
    await observer.flush()
    await publisher.client.publish(subject, b"{}", headers={"Nats-Msg-Id": "x"})
    await until(publisher.refused, within=5)
    await observer.flush()

    assert "permissions violation" in str(publisher.errors[0]).lower()
    assert [] == heard
    assert [] == await stored(observer)


async def test_the_credentials_listen_to_their_own_answers_only(publisher: Publisher) -> None:
    """Neither what others send nor their answers can be read."""
    for subject in (">", "docwatch.>", "_INBOX.>", "_INBOX_visas.>"):
        await publisher.client.subscribe(subject)
        await until(publisher.refused, within=5)

        assert "permissions violation" in str(publisher.errors.pop()).lower()


async def test_several_processes_share_the_work(
    databases: Databases, server: EmbeddedNats, publisher: Publisher, observer: Client
) -> None:
    """Each request is answered by one of them, once."""
    async with listening(server, databases), listening(server, databases):
        answers = await asyncio.gather(*(publisher.send(event(f"e-{number}")) for number in range(30)))

    assert 30 == sum(one["accepted"] for _, one in answers)
    assert 30 == len(await stored(observer))


async def test_what_is_not_acknowledged_is_unknown(
    databases: Databases, server: EmbeddedNats, publisher: Publisher, observer: Client
) -> None:
    """Without the stream the answer is 503 with Retry-After; the identical request succeeds later."""
    async with listening(server, databases):
        await publisher.send(event("e-1"))
        await observer.jetstream().delete_stream("STAGES")
        answer, problem = await publisher.send(event("e-2"))
        await provision_streams(server.url("provision"))
        _, again = await publisher.send(event("e-2"))

    assert (503, "/problems/unavailable") == (problem["status"], problem["type"])
    assert "5" == (answer.headers or {})["Retry-After"]
    assert 1 == again["accepted"]
    assert 1 == len(await stored(observer))


async def test_without_the_setting_nobody_listens(
    databases: Databases, server: EmbeddedNats, publisher: Publisher
) -> None:
    """The door is closed until an operator opens it."""
    async with listening(server, databases, native=False):
        with pytest.raises(Error, match="no responders"):
            await publisher.client.request(SUBJECT, b"{}", timeout=5)


async def test_the_guide_s_program_sends(
    *, databases: Databases, server: EmbeddedNats, observer: Client, tmp_path: Path
) -> None:
    """What the guide shows for NATS works as it stands there."""
    (program,) = [one.text for one in blocks() if one.name == "send_nats.py"]
    (tmp_path / "send_nats.py").write_text(program, encoding="utf-8")
    async with listening(server, databases):
        sending = await asyncio.create_subprocess_exec(
            *(sys.executable, "send_nats.py"),
            env={"NATS_URL": server.url(PUBLISHER)},
            stdout=PIPE,
            stderr=STDOUT,
            cwd=tmp_path,
        )
        printed, _ = await asyncio.wait_for(sending.communicate(), 20)

    assert b"{'accepted': 1, 'duplicates': 0, 'warnings': [], 'rejected': []}\n" == printed
    assert 1 == len(await stored(observer))
