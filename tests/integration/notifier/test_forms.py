"""The forms over HTTP: given, confirmed, ended, without a script or a cookie, and no word of it anywhere."""

import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import httpx
import pytest
import structlog
from prometheus_client.exposition import generate_latest

from contracts.catalogue.channel_terms import ChannelTerms
from contracts.messages.rpc import Redeemed
from runtime.process.sources import source_of
from services.notifier.domain.incoming import Tapped
from services.notifier.domain.sessions import Tariff
from services.notifier.edge.application import Edge
from services.notifier.edge.form_pages import FormPages
from services.notifier.edge.forms import POSTS_AT_ONCE, SOURCE_AT_ONCE, Acts, Forms
from services.notifier.edge.pages import Pages
from services.notifier.edge.posts import LONGEST_BODY
from services.notifier.metrics import Metrics
from tests.attacks.wire import HOST, listening
from tests.integration.notifier.letterboxes import HER_PHONE, HERS, URL, Letterboxes, letterboxes
from tests.integration.notifier.test_inbound import followed
from tests.integration.notifier.two_apps import OLENA
from tests.integration.notifier.world import CLOCK, SECRET, ScriptedTracker, World

FORM, PHONE_FORM = f"/r/email/{SECRET}", f"/r/sms/{SECRET}"
MARK = "MARKED"


def mail(text: str) -> str | None:
    """Read an address as people type it."""
    found = re.fullmatch(r"\s*([a-zA-Z0-9.+-]{1,64}@[a-z0-9.-]{1,200}\.[a-z]{2,20})\s*", text)
    return found[1].lower() if found else None


def phone(text: str) -> str | None:
    """Read a number as people type it."""
    found = re.fullmatch(r"\+[0-9]{9,14}", re.sub(r"[\s()-]", "", text[:40]))
    return found[0] if found else None


@dataclass
class Open:
    """The edge with its forms, and somebody's browser."""

    boxes: Letterboxes
    metrics: Metrics
    client: httpx.AsyncClient = field(repr=False)

    async def post(self, path: str, *, by: str = "", **values: str) -> httpx.Response:
        """Send a form, as a proxy passes it on from somewhere."""
        headers = {"accept-language": "en"} | ({"x-forwarded-for": by} if by else {})
        return await self.client.post(path, data=values, headers=headers)

    async def get(self, path: str) -> httpx.Response:
        """Ask for a page."""
        return await self.client.get(path, headers={"accept-language": "en"})

    def counted(self, kind: str) -> float:
        """Return how many answers of a kind there were."""
        labels = {"kind": kind}
        return self.metrics.registry.get_sample_value("docwatch_notifier_edge_answers_total", labels) or 0


@pytest.fixture
async def edge(world: World) -> AsyncIterator[Open]:
    tracker = ScriptedTracker(redeemed=Redeemed(created=True, followed=followed()), followed=(followed(),))
    boxes, metrics = letterboxes(world, tracker), Metrics()
    agency = world.catalogue.agency
    more = (
        ChannelTerms(channel="email", name="docs@agency.example"),
        ChannelTerms(channel="sms", name="Docs"),
    )
    offered = agency.model_copy(update={"channels": (*agency.channels, *more)})
    pages = Pages(world.voice, offered, URL)
    typed = {"email": mail, "sms": phone}
    acts = Acts(typed, boxes.asking, boxes.confirming, boxes.leaving, boxes.links, CLOCK)

    def counted(kind: str) -> None:
        metrics.edge.labels(kind).inc()

    made = Edge(pages, CLOCK.monotonic, counted, Forms(FormPages(pages), acts, counted))
    async with (
        listening(made) as listener,
        httpx.AsyncClient(base_url=f"http://{HOST}:{listener.port}") as client,
    ):
        yield Open(boxes, metrics, client)


async def test_the_receipts_page_offers_the_forms(edge: Open) -> None:
    """Beside the messengers there are e-mail and SMS; each leads to its form, in the reader's language."""
    page = await edge.client.get(f"/r/{SECRET}?lang=ru")

    links = re.findall(r'href="((?:email|sms)/[^"]*)"', page.text)
    forms = [await edge.get(urljoin(f"/r/{SECRET}", link)) for link in links]
    assert 2 == len(links)
    assert [(200, "ru")] * 2 == [(one.status_code, one.headers["content-language"]) for one in forms]
    assert ["email", "tel"] == [re.findall(r'type="(email|tel)"', one.text)[0] for one in forms]


async def test_by_e_mail_from_the_receipt_to_the_answer(edge: Open) -> None:
    """The form sends a letter; its link shows a button, which is what confirms; then they follow."""
    sent = await edge.post(FORM, address=HERS)
    after = await edge.get(urljoin(FORM, sent.headers["location"]))
    link = f"/c/{await edge.boxes.link()}"
    shown = await edge.get(link)
    scanned = await edge.boxes.who()
    done = [await edge.post(link) for _ in range(2)]

    assert (303, "Look into your mailbox") == (sent.status_code, _title(after))
    assert ("Is this address yours?", None) == (_title(shown), scanned)
    assert [(200, "Done")] * 2 == [(one.status_code, _title(one)) for one in done]
    assert None is not await edge.boxes.who()


async def test_by_sms_with_the_code(edge: Open) -> None:
    """The form leads to the one for the code; a wrong code is said to be so, the right one confirms."""
    sent = await edge.post(PHONE_FORM, address=" +380 (50) 111-22-33", detail="all")
    form = urljoin(PHONE_FORM, sent.headers["location"])
    code = await edge.boxes.code()
    shown = await edge.get(form)
    wrong = [await edge.post(form, code=one) for one in ("", "12", "x" * 6, f"{(int(code) + 1) % 10**6:06}")]
    right = await edge.post(form, code=f" {code[:3]} {code[3:]} ")

    assert "Type the code" == _title(shown)
    assert 'autocomplete="one-time-code"' in shown.text
    assert [422] * 4 == [one.status_code for one in wrong]
    assert 1 == len({one.text for one in wrong})
    assert (200, "Done") == (right.status_code, _title(right))
    assert None is not await edge.boxes.who(HER_PHONE, "sms")


@pytest.mark.parametrize("secret", [SECRET, "W" * 22], ids=["a receipt", "none"])
async def test_where_no_more_is_paid_for_this_month_it_is_said(edge: Open, secret: str) -> None:
    """Codes count towards the month's ceiling; once it is reached none is sent, whatever the receipt.

    What waits counts as well, and the other channels go on.
    """
    pool = edge.boxes.world.pool
    month = Tariff(ZoneInfo(edge.boxes.world.catalogue.agency.time_zone), None).month(datetime.now(UTC))
    await pool.execute(
        "INSERT INTO paid_message (account, month, sent, ceiling) VALUES ('sms', $1, 8, 9)", month
    )

    first = await edge.post(PHONE_FORM, address="+380 50 111 22 33")
    second = await edge.post(f"/r/sms/{secret}", address="+380 50 111 22 44")
    letter = await edge.post(FORM, address=HERS)

    assert [303, 503, 303] == [one.status_code for one in (first, second, letter)]
    assert "No more this month" == _title(second)
    assert 1 == len(await edge.boxes.waiting("sms"))
    assert 1 == edge.counted("form_spent")


async def test_what_is_no_address_is_said_beside_the_field(edge: Open) -> None:
    """The form comes again with what was typed and chosen, made harmless, and says what to write."""
    typed = '"><script>$x'

    found = await edge.post(FORM, address=typed, detail="all")

    assert 422 == found.status_code
    assert 'role="alert"' in found.text
    assert 'value="&quot;&gt;&lt;script&gt;&#36;x"' in found.text
    assert 'value="all" checked' in found.text
    assert not edge.boxes.asking.tracker.asked  # type: ignore[attr-defined]  # the scripted one


async def test_one_click_needs_nothing_but_the_secret(edge: Open) -> None:
    """A page shows a button; the post of a mailbox's provider, as RFC 8058 has it, ends the address."""
    await edge.boxes.confirmed()
    (row,) = await edge.boxes.world.pool.fetch("SELECT id FROM address")
    path = edge.boxes.links.link(row["id"]).removeprefix(URL)

    shown = await edge.get(path)
    still = await edge.boxes.who()
    ended = await edge.client.post(path, content=b"List-Unsubscribe=One-Click")
    other = await edge.client.post(f"/u/{'A' * 43}")

    assert ("Stop the messages", 200) == (_title(shown), ended.status_code)
    assert None is not still
    assert None is await edge.boxes.who()
    assert ended.content == other.content


async def test_no_script_no_cookie_and_nothing_from_elsewhere(edge: Open) -> None:
    """Every page of the forms is kept by nobody, runs nothing, and sends its form nowhere but to us."""
    paths = [FORM, PHONE_FORM, "/c/email", f"/c/sms/{'x' * 22}", f"/c/{'x' * 22}", f"/u/{'A' * 43}", "/"]
    for path in paths:
        found = await edge.get(path)
        policy = found.headers["content-security-policy"]

        assert 200 == found.status_code, path
        assert "no-store" == found.headers["cache-control"]
        assert "set-cookie" not in found.headers
        assert "default-src 'none'" in policy
        assert ("form-action 'self'" in policy) == (path != "/")
        assert [] == re.findall(r"<script|\bsrc=|\son\w+=|style=", found.text)
        assert "$" not in found.text
        named = set(re.findall(r'<label for="(\w+)"', found.text))
        assert named == set(re.findall(r'<input id="(\w+)"', found.text)), path


@pytest.mark.parametrize(
    "path", ["/r/pigeon/" + SECRET, "/r/web/" + SECRET, "/c/pigeon", "/c/x", "/u/short", "/c/"]
)
async def test_other_addresses_are_none_of_ours(edge: Open, path: str) -> None:
    """What is no form is answered as any other address."""
    assert 404 == (await edge.get(path)).status_code
    assert 405 == (await edge.post(path)).status_code


async def test_while_others_are_away_people_are_asked_to_come_back(edge: Open) -> None:
    """Without the tracker nothing is sent, and the page says that nothing is lost."""
    edge.boxes.asking.tracker.away = True  # type: ignore[attr-defined]  # the scripted one

    found = await edge.post(FORM, address=HERS)

    assert (503, "This cannot be done right now") == (found.status_code, _title(found))
    assert "60" == found.headers["retry-after"]
    assert [] == await edge.boxes.waiting()


async def test_ways_lead_to_the_forms(edge: Open) -> None:
    """The links that /ways gives for e-mail and SMS are those of forms that work."""
    await edge.boxes.world.person(OLENA)
    await edge.boxes.does("telegram", OLENA, Tapped("wa", None, "q"))
    (*_, answer) = await edge.boxes.waiting("telegram")
    urls = [button.url or "" for row in answer.buttons for button in row]
    forms = [url.removeprefix(URL) for url in urls if re.search("/r/(email|sms)/", url)]

    sent = [
        await edge.post(form, address=address) for form, address in zip(forms, (HERS, HER_PHONE), strict=True)
    ]

    assert [303, 303] == [one.status_code for one in sent]
    assert (1, 1) == (len(await edge.boxes.waiting()), len(await edge.boxes.waiting("sms")))


async def test_a_body_without_end_is_not_read(edge: Open) -> None:
    """More than a form ever has is refused."""
    found = await edge.client.post(FORM, content=b"address=" + b"x" * LONGEST_BODY)

    assert 413 == found.status_code


async def test_one_source_does_not_take_everybodys_turn(edge: Open) -> None:
    """Who posts by the hundred is asked to wait, and others are served; one-click is never held up by it."""
    one, other = "spoofed, 192.0.2.1, 8.8.8.8", "9.9.9.9"
    found = [await edge.post(FORM, by=one, address="no") for _ in range(SOURCE_AT_ONCE + 3)]
    neighbour = await edge.post(FORM, by=other, address="no")
    ended = await edge.post(f"/u/{'A' * 43}", by=one)

    assert [422] * SOURCE_AT_ONCE + [429] * 3 == [answer.status_code for answer in found]
    assert (422, 200) == (neighbour.status_code, ended.status_code)


async def test_ends_of_addresses_take_nobodys_turn(edge: Open) -> None:
    """However many secrets are tried on the links that end addresses, everybody else's forms are served."""
    ended = [await edge.post(f"/u/{'A' * 43}", by="8.8.8.8") for _ in range(POSTS_AT_ONCE + 50)]
    neighbour = await edge.post(FORM, by="9.9.9.9", address="no")

    assert {200} == {answer.status_code for answer in ended}
    assert 422 == neighbour.status_code


@pytest.mark.parametrize(
    ("client", "header", "source"),
    [
        ("8.8.8.8", "1.1.1.1", "8.8.8.8"),
        ("10.0.0.2", "6.6.6.6, 8.8.4.4", "8.8.4.4"),
        ("10.0.0.2", "8.8.4.4, 10.0.0.1", None),
        ("127.0.0.1", "", None),
        ("10.0.0.2", "nonsense", None),
        ("2a00:1450:4001:81b::200e", "", "2a00:1450:4001:81b::/64"),
        (None, "1.1.1.1", None),
    ],
)
def test_nobody_outside_says_who_they_are(client: str | None, header: str, source: str | None) -> None:
    """Only what a proxy of ours wrote last counts; a peer from outside is who it is."""
    headers = [(b"x-forwarded-for", header.encode())] if header else []
    scope = {"client": None if client is None else (client, 1), "headers": headers}

    assert source == source_of(scope)


async def test_no_secret_and_no_address_is_in_a_log_or_a_metric(
    edge: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """Forms that are sent, refused, too long or that meet a fault leave no trace of what was in them."""
    caplog.set_level(logging.DEBUG)
    address, secret = f"{MARK}@post.example", f"{MARK}{'x' * 16}"
    edge.boxes.asking.tracker.known = (secret,)  # type: ignore[attr-defined]  # the scripted one
    with structlog.testing.capture_logs() as entries:
        for path in (
            f"/r/email/{secret}",
            f"/r/sms/{secret}",
            f"/c/{secret}",
            f"/c/sms/{secret}",
            f"/u/{MARK}",
        ):
            await edge.get(path)
            await edge.post(path, address=address, code=MARK)
        edge.boxes.asking.tracker.away = True  # type: ignore[attr-defined]  # as above
        await edge.post(f"/r/email/{secret}", address=address)

    counted = generate_latest(edge.metrics.registry).decode()
    ours = [one for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    said = [*map(str, entries), *map(logging.Formatter().format, ours), counted]
    assert 1 == edge.counted("form_sent")
    assert [] == [one for one in said if MARK.lower() in one.lower()]


def _title(page: httpx.Response) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page.text)
    return found[1] if found else ""
