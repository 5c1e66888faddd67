"""What operators are answered, and by which names."""

import httpx
import pytest
from prometheus_client import CollectorRegistry

from runtime.process.operations import operations


async def _broken() -> str | None:
    return "the disk is gone"


async def status(listening: str, asked: str, path: str = "/metrics") -> int:
    """Return how a request by one name is answered where we listen on another."""
    app = operations({"disk": _broken}, CollectorRegistry(), listening)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return (await client.get(f"http://{asked}{path}")).status_code


@pytest.mark.parametrize(
    ("listening", "asked", "expected"),
    [
        ("127.0.0.1", "127.0.0.1:9180", 200),
        ("127.0.0.1", "localhost:9180", 200),
        ("::1", "[::1]:9180", 200),
        ("127.0.0.1", "rebound.example:9180", 421),
        ("localhost", "rebound.example", 421),
        ("0.0.0.0", "tracker:9280", 200),  # noqa: S104 - nobody binds it
        ("10.0.0.7", "tracker.inner:9280", 200),
    ],
)
async def test_on_the_loopback_interface_names_of_others_are_refused(
    listening: str, asked: str, expected: int
) -> None:
    """No page of another site reads metrics through an operator's browser; in a network any name will do."""
    assert expected == await status(listening, asked)


async def test_health_is_not_readiness() -> None:
    """A process that lacks what it needs still lives."""
    assert [200, 503] == [await status("127.0.0.1", "127.0.0.1", path) for path in ("/healthz", "/readyz")]
