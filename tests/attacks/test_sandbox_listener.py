"""The sandbox's listener: names of others, heads without end, bodies that do not come."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.process.hosts import is_local, names_us
from runtime.process.peer_waits import SECONDS, For
from sandbox.app import run_sandbox
from sandbox.listener import HEAD_BYTES, Connection
from sandbox.settings import SandboxSettings
from tests.attacks.wire import asked, wire
from tests.waiting import until

STATE = b"GET /phone/api/state HTTP/1.1\r\n"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Where a sandbox listens."""
    async with run_sandbox(SandboxSettings(port=0)) as url:
        yield urlsplit(url).port or 0


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"127.0.0.1", 200),
        (b"localhost:8090", 200),
        (b"LOCALHOST", 200),
        (b"[::1]:8090", 200),
        (b"rebound.example", 421),
        (b"rebound.example:8090", 421),
        (b"127.0.0.1.rebound.example", 421),
        (b"localhost.rebound.example", 421),
        (b"localhost, rebound.example", 421),
        (b"", 421),
    ],
)
async def test_a_name_of_another_site_is_refused(port: int, host: bytes, status: int) -> None:
    """A page whose name was pointed to this machine reads nothing, not even with its own name as origin."""
    origin = b"Origin: http://" + host + b"\r\n"

    assert status == await asked(port, STATE + b"Host: " + host + b"\r\n" + origin + b"\r\n")


async def test_a_request_names_its_host(port: int) -> None:
    """Without a Host, or with two, a request is refused."""
    twice = STATE + b"Host: localhost\r\nHost: rebound.example\r\n\r\n"

    assert [400, 400] == [await asked(port, one) for one in (STATE + b"\r\n", twice)]


@given(st.from_regex(r"[a-z][a-z0-9-]{0,20}(\.[a-z][a-z0-9-]{0,20}){0,3}", fullmatch=True))
def test_no_name_but_ours_is_taken_for_ours(name: str) -> None:
    """Of all names only `localhost` and the one of the settings are this machine's, with any port."""
    ours = name in ("localhost", "mine.example")

    assert ours == names_us(name, "mine.example") == names_us(f"{name}:8090", "mine.example")


def test_only_loopback_is_local() -> None:
    """Who listens for other machines as well is reached by whatever name these use."""
    assert [True, True, True, True] == [
        is_local(one) for one in ("127.0.0.1", "127.1.2.3", "::1", "localhost")
    ]
    assert [False, False, False] == [is_local(one) for one in ("0.0.0.0", "::", "10.0.0.1")]  # noqa: S104 - nobody binds it


@pytest.mark.parametrize(
    "line", [b"X: " + b"y" * 8000 + b"\r\n", b"x" * 8000], ids=["fields", "a line without end"]
)
async def test_a_head_ends_at_its_bound(port: int, line: bytes) -> None:
    """However it is made, a head beyond the bound is refused, and the connection ends."""
    async with wire(port) as one:
        await one.send(STATE + b"Host: localhost\r\n" + line * (2 * HEAD_BYTES // len(line)))
        status = await one.status()

        assert status in (400, 431)
        assert await one.ended()


async def test_a_body_that_does_not_come_is_not_waited_for(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection is dropped after as long as in the services; others go on."""
    made: list[Connection] = []
    taken = Connection.connection_made

    def noted(self: Connection, transport: object) -> None:
        made.append(self)
        taken(self, transport)  # type: ignore[arg-type] # a transport, as the loop gives it

    monkeypatch.setattr(Connection, "connection_made", noted)
    async with wire(port) as slow:
        head = b"POST /phone/api/citizens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"
        await slow.send(head + b"half")

        async def reading() -> bool:
            return bool(made) and made[0]._in_body

        await until(reading)
        for _ in range(SECONDS[For.BODY] + 2):
            made[0].look()

        assert await slow.ended()
    assert 200 == await asked(port, STATE + b"Host: localhost\r\n\r\n")
