"""The public edge over HTTP: one kind of answer for every token, nothing kept, and no word of it anywhere."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import structlog
from prometheus_client.exposition import generate_latest

from contracts.catalogue import load_catalogue
from sandbox.agency import CATALOGUE
from services.notifier.edge.application import CODES_A_SECOND, Edge
from services.notifier.edge.pages import Pages
from services.notifier.metrics import Metrics
from services.notifier.wording.i18n import load_voice
from tests.attacks.wire import HOST, asked, listening, wire

TOKEN = "MARKEDtoken00000000_-x"  # noqa: S105 - a test's own
HERE = f"/r/{TOKEN}"
URL = "https://docs.agency.example"
GET = "GET {path} HTTP/1.1\r\nHost: us\r\n{rest}\r\n"


@dataclass
class Open:
    """An edge that serves; its clock stands unless it is moved."""

    edge: Edge
    metrics: Metrics
    clock: list[float]
    port: int = 0
    client: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a page."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(path, headers=named)

    def counted(self, kind: str) -> float:
        """Return how many answers of a kind there were."""
        labels = {"kind": kind}
        return self.metrics.registry.get_sample_value("docwatch_notifier_edge_answers_total", labels) or 0


@pytest.fixture
async def edge() -> AsyncIterator[Open]:
    voice, metrics, clock = load_voice(load_catalogue(Path(CATALOGUE))), Metrics(), [100.0]
    pages = Pages(voice, voice.catalogue.agency, URL)
    made = Edge(pages, lambda: clock[0], lambda kind: metrics.edge.labels(kind).inc())
    clock[0] += 1
    async with (
        listening(made) as listener,
        httpx.AsyncClient(base_url=f"http://{HOST}:{listener.port}") as client,
    ):
        yield Open(made, metrics, clock, listener.port, client)


async def test_a_page_is_kept_by_nobody(edge: Open) -> None:
    """Browser and proxies are told to keep, index, frame and pass on nothing of it."""
    answer = await edge.get(HERE, accept_language="en")

    assert (200, "text/html; charset=utf-8", "en") == (
        answer.status_code,
        answer.headers["content-type"],
        answer.headers["content-language"],
    )
    assert {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex, nofollow",
        "vary": "Accept-Language",
    }.items() <= dict(answer.headers).items()
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


async def test_head_is_answered_like_get(edge: Open) -> None:
    """HEAD has the same status and headers, and no body."""
    whole = await edge.get(HERE)

    head = await edge.client.head(HERE)

    assert (200, b"") == (head.status_code, head.content)
    kept = set(whole.headers) - {"date"}
    assert {name: whole.headers[name] for name in kept} == {name: head.headers[name] for name in kept}


async def test_a_known_token_cannot_be_told_from_another(edge: Open) -> None:
    """Nobody is asked about a token: status, headers, length and page are those of any other."""
    one, other = await edge.get(HERE), await edge.get("/r/" + "0" * 22)

    assert one.status_code == other.status_code
    assert set(one.headers) == set(other.headers)
    plain = [page.text.partition('<section class="codes">')[0] for page in (one, other)]
    assert plain[0].replace(TOKEN, "0" * 22) == plain[1]


@pytest.mark.parametrize(
    "path",
    [
        "/r/",
        "/r/short",
        f"/r/viber/{TOKEN}",
        f"/r/pigeon/j-{TOKEN}",
        f"/r/viber/j-{TOKEN}/",
        f"/r/j-{TOKEN}",
        f"{HERE}x",
        f"{HERE}/",
        f"/R/{TOKEN}",
        f"/r/{TOKEN[:-1]}%00",
        f"//r/{TOKEN}",
    ],
)
async def test_any_other_address_has_a_kind_page(edge: Open, path: str) -> None:
    """A token that is cut off, or anything else, is answered 404 by a page that says what to do."""
    answer = await edge.get(path, accept_language="en")

    assert 404 == answer.status_code
    assert "This address is not complete" in answer.text
    assert "no-store" == answer.headers["cache-control"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "ODD"])
async def test_other_methods_are_refused(edge: Open, method: str) -> None:
    """Only GET and HEAD are answered."""
    answer = await edge.client.request(method, HERE, content=b"" if method == "TRACE" else b"x" * 1000)

    assert answer.status_code in ({400, 405} if method == "ODD" else {405})
    assert method == "ODD" or "GET, HEAD" == answer.headers["allow"]


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "ru", "ru"),
        ("?lang=en", "ru", "en"),
        ("?lang=tlh", "ru", "ru"),
        ("?lang=en&" + "x=1&" * 5000, "ru", "ru"),
        ("?lang=%ff%00", "", "uk"),
    ],
)
async def test_a_reader_may_choose_another_language(
    edge: Open, query: str, header: str, language: str
) -> None:
    """The links on the page go before the browser's wish; anything else in the query does not count."""
    answer = await edge.get(HERE + query, accept_language=header)

    assert (200, language) == (answer.status_code, answer.headers["content-language"])


async def test_under_a_flood_the_buttons_stay(edge: Open) -> None:
    """More pages than may be drawn on come without codes to scan, at once, and with all buttons."""
    answers = [await edge.get(f"/r/{number:022}") for number in range(20)]

    codes = [answer.text.count("<svg") for answer in answers]
    burst = round(CODES_A_SECOND / 10)
    assert [2] * burst + [0] * (20 - burst) == codes
    assert all('href="https://t.me/' in answer.text and 'href="viber:' in answer.text for answer in answers)
    assert (burst, 20 - burst) == (edge.counted("invitation"), edge.counted("invitation_without_codes"))

    edge.clock[0] += 1
    assert 2 == (await edge.get(HERE)).text.count("<svg")


class BrokenPages:
    """Pages that cannot be made."""

    languages = ("uk",)
    security_policy = "default-src 'none'"

    def invitation(self, *_: object, **__: object) -> bytes:
        """Fail."""
        raise RuntimeError("a page cannot be made")

    missing = invitation


async def test_no_token_is_in_a_log_or_a_metric(edge: Open, caplog: pytest.LogCaptureFixture) -> None:
    """Pages, refusals, broken requests and our own faults are logged and counted without the token."""
    caplog.set_level(logging.DEBUG)
    broken = Edge(BrokenPages(), edge.edge._now, lambda _: None)  # type: ignore[arg-type]  # it fails before use
    with structlog.testing.capture_logs() as entries:
        for path in (HERE, f"{HERE}x", f"{HERE}?lang=en", f"/{TOKEN}"):
            await edge.client.get(path, headers={"Referer": f"{URL}{HERE}", "Cookie": TOKEN})
            await edge.client.post(path, content=TOKEN.encode())
        for rest in (f"Host: {TOKEN}\r\n", f"{TOKEN}\r\n", "X: " + "y" * 70_000 + "\r\n"):
            await asked(edge.port, GET.format(path=HERE, rest=rest).encode())
        await asked(edge.port, f"GET {HERE} SMTP/9\r\n\r\n".encode())
        async with wire(edge.port) as gone:
            await gone.send(f"GET {HERE} HTTP/1.1\r\nHost".encode())
        async with listening(broken) as listener:
            statuses = [await asked(listener.port, GET.format(path=HERE, rest="").encode())]

    counted = generate_latest(edge.metrics.registry).decode()
    ours = [one for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    said = [*map(str, entries), *map(logging.Formatter().format, ours)]
    assert [500] == statuses
    assert any("a page cannot be made" in one for one in said)
    assert [] == [one for one in (*said, counted) if "MARKED" in one]
    assert 'kind="missing"' in counted
