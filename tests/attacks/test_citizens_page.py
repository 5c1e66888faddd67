"""Whoever attacks the citizens' page: foreign forms, cookies and messages, too much of anything."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast
from uuid import UUID, uuid4

import httpx
import pytest

from runtime.embedded import EmbeddedPostgres
from services.notifier.channels.web.messages import CROPPED_EVERY, MOST_KEPT
from services.notifier.domain.incoming import Said, Tapped
from services.notifier.domain.messages import Attachment, Message
from services.notifier.page.gate import LONGEST_FORM
from services.notifier.page.opening import AT_ONCE
from services.notifier.page.streams import MOST_OF_SESSION
from services.notifier.wording.markup import literal
from tests.attacks.wire import HOST, asked
from tests.integration.notifier.page_bench import form_of
from tests.integration.notifier.web_bench import WebBench, web_bench
from tests.waiting import until

TOKEN = "Receipt-token_00000001"  # noqa: S105 - a test's own
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def bench(postgres_server: EmbeddedPostgres) -> AsyncIterator[WebBench]:
    async with web_bench(postgres_server) as found:
        yield cast("WebBench", found)


async def sessions(bench: WebBench) -> int:
    count: int = await bench.pool.fetchval("SELECT count(*) FROM page_session")
    return count


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://127.0.0.1:1.evil.example"])
async def test_a_form_of_another_site_does_nothing(bench: WebBench, origin: str) -> None:
    """A post that does not come from our own page is refused, with the cookie and the token or without."""
    address = await bench.person()
    browser = bench.browsers[address]
    form = form_of(await browser.get("/p"))
    headers = {"Origin": origin}

    said = await browser.post("/p/say", data={"form": form, "text": "forged"}, headers=headers)
    followed = await browser.post(f"/r/web/{TOKEN}", data={"lang": "en"}, headers=headers)

    assert [403, 403] == [said.status_code, followed.status_code]
    assert [] == await bench.arrived()
    assert 1 == await sessions(bench)


async def test_a_form_without_its_token_does_nothing(bench: WebBench) -> None:
    """Wherever a post comes from, a form of a session bears what only its page shows."""
    mine, other = await bench.person(), await bench.person()
    foreign = form_of(await bench.browsers[other].get("/p"))
    answers = [
        await bench.browsers[mine].post("/p/say", data={"text": "forged", **form})
        for form in ({}, {"form": ""}, {"form": foreign})
    ]

    assert [403] * 3 == [one.status_code for one in answers]
    assert [] == await bench.arrived()


async def test_a_cookie_that_somebody_else_chose_opens_nothing(bench: WebBench) -> None:
    """A cookie that we did not give begins no session under its name: whoever chose it sees nothing."""
    planted = "A" * 43
    async with httpx.AsyncClient(base_url=bench.url, headers={"Origin": bench.url}) as browser:
        browser.cookies.set("docwatch", planted)
        answer = await browser.post("/p/say", data={"text": "hello"})
        given = [value for name, value in answer.cookies.items() if name == "docwatch"]
    async with httpx.AsyncClient(base_url=bench.url, cookies={"docwatch": planted}) as attacker:
        seen = await attacker.get("/p")

    assert [False] == [value == planted for value in given]
    assert "hello" not in seen.text
    flags = answer.headers["set-cookie"].lower()
    assert all(flag in flags for flag in ("httponly", "samesite=lax", "path=/"))


async def test_nobody_sees_what_is_another_ones(bench: WebBench) -> None:
    """Messages and files of one session are read and replaced from no other, whoever knows their ids."""
    mine, other = await bench.person(), await bench.person()
    key = uuid4()
    file = Message(literal("Yours"), attachment=Attachment("own.txt", "text/plain", "secret"))
    await bench.channel.send(mine, file, key)

    read = await bench.browsers[other].get(f"/p/file/{key.hex}")
    await bench.channel.send(other, Message(literal("Other"), replaces=str(key)), uuid4())

    assert 404 == read.status_code
    assert ["Yours"] == [one.text for one in await bench.shown(mine)]
    assert ["Other"] == [one.text for one in await bench.shown(other)]


async def test_what_is_written_is_never_markup(bench: WebBench) -> None:
    """What anybody writes, and what stands in a message, is shown as letters."""
    address = await bench.person()
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> javascript:alert(1)"
    await bench.says(address, evil)
    await bench.channel.send(address, Message(literal(f'{evil} https://x.example/"onload=')), uuid4())

    page = (await bench.browsers[address].get("/p")).text

    assert "<script>alert" not in page
    assert "<img" not in page
    assert 2 == page.count("&lt;script&gt;alert(1)&lt;/script&gt;")
    assert '"onload=' not in page


async def test_forms_are_bounded(bench: WebBench) -> None:
    """A form that is too long, of too many fields, of another kind or no text is refused unread."""
    address = await bench.person()
    browser = bench.browsers[address]
    bodies = {
        413: b"text=" + b"x" * LONGEST_FORM,
        400: b"&".join(b"a%d=1" % number for number in range(100)),
    }
    answers = {
        status: (await browser.post("/p/say", content=body, headers=FORM)).status_code
        for status, body in bodies.items()
    }
    garbage = await browser.post("/p/say", content=b"text=%ff%fe\xff", headers=FORM)
    other = await browser.post("/p/say", json={"text": "hello"})

    assert {413: 413, 400: 400} == answers
    assert [400, 415] == [garbage.status_code, other.status_code]
    assert [] == await bench.arrived()


async def test_a_button_says_no_more_than_an_id(bench: WebBench) -> None:
    """What a form names as its button's message is kept with the answer, so only so much of it is read."""
    address = await bench.person()
    browser = bench.browsers[address]
    form = form_of(await browser.get("/p"))
    await browser.post("/p/tap", data={"form": form, "data": "h", "message": "x" * 20_000})
    (incoming,) = await bench.arrived()

    assert isinstance(incoming.body, Tapped)
    assert "x" * 36 == incoming.body.message


async def test_a_flood_is_not_kept(bench: WebBench) -> None:
    """Whoever posts without end is stopped after some, and nothing of the rest is stored."""
    address = await bench.person()
    browser = bench.browsers[address]
    form = form_of(await browser.get("/p"))
    post = [
        browser.post(
            "/p/say",
            data={"form": form, "once": str(number), "text": f"spam {number}"},
            headers={"Accept": "application/json"},
        )
        for number in range(3 * AT_ONCE)
    ]
    statuses = [answer.status_code for answer in await asyncio.gather(*post)]

    kept = await bench.pool.fetchval("SELECT count(*) FROM page_message")
    assert {200, 429} == set(statuses)
    assert AT_ONCE + 3 >= statuses.count(200)
    assert statuses.count(200) + 1 == kept


async def test_a_conversation_does_not_grow_without_end(bench: WebBench) -> None:
    """The oldest messages go when more than some hundreds were kept, whoever wrote them."""
    address = await bench.person()
    for number in range(MOST_KEPT + 2 * CROPPED_EVERY):
        await bench.messages.put(address, uuid4(), Message(literal(str(number))), ours=True)
    kept = await bench.pool.fetchval("SELECT count(*) FROM page_message")
    await bench.says(address, "last")

    assert kept <= MOST_KEPT + CROPPED_EVERY
    assert Said("last") in [one.body for one in await bench.arrived()]


async def test_sessions_begin_only_so_fast(bench: WebBench) -> None:
    """Thousands who begin at once get a few sessions a second, and the rest an answer to come again."""
    await bench.person()

    async def begin() -> int:
        async with httpx.AsyncClient(base_url=bench.url, headers={"Origin": bench.url}) as browser:
            return (await browser.post("/p/say", data={"text": "hi"}, timeout=20)).status_code

    before = await sessions(bench)
    bench.page.parts.newcomers.pause(bench.page.parts.clock.monotonic() + 60)
    statuses = await asyncio.gather(*(begin() for _ in range(20)))

    assert [503] * 20 == statuses
    assert before == await sessions(bench)


async def test_who_begins_at_the_same_moment_waits_a_little(bench: WebBench) -> None:
    """Some people who begin at once get their pages one after the other, and none is turned away."""

    async def begin() -> int:
        async with httpx.AsyncClient(base_url=bench.url, headers={"Origin": bench.url}) as browser:
            return (await browser.post("/p/open", data={"code": "x"}, timeout=20)).status_code

    assert [422] * 8 == await asyncio.gather(*(begin() for _ in range(8)))


async def test_one_source_does_not_take_everybodys_turn(bench: WebBench) -> None:
    """Who begins sessions by the hundred, or tries codes, is refused, while others begin theirs."""

    async def posted(path: str, source: str) -> int:
        headers = {"Origin": bench.url, "X-Forwarded-For": source}
        async with httpx.AsyncClient(base_url=bench.url, headers=headers, timeout=20) as browser:
            return (await browser.post(path, data={"text": "hi", "code": "x"})).status_code

    bench.page.parts.sources.at_once, bench.page.parts.sources.a_second = 4, 0.001
    one = [await posted(path, "8.8.8.8") for path in ("/p/say", "/p/open") * 4]
    other = await posted("/p/say", "9.9.9.9")

    assert [303, 422] * 2 + [429] * 4 == one
    assert 303 == other


async def test_streams_are_bounded(bench: WebBench) -> None:
    """One session holds no more than some streams, all together no more than there are places for."""
    address = await bench.person()
    cookies = bench.browsers[address].cookies
    cookie = f"docwatch={cookies['docwatch']}"
    port = int(bench.url.rpartition(":")[2])
    head = f"GET /p/events HTTP/1.1\r\nHost: us\r\nCookie: {cookie}\r\n\r\n".encode()
    streams = bench.page.parts.streams
    writers = []
    for number in range(MOST_OF_SESSION):
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(head)
        assert b"200" in await reader.readline()
        writers.append(writer)
        assert number + 1 == streams.open

    one_more = await asked(port, head)
    for writer in writers:
        writer.close()
        await writer.wait_closed()

    async def none_left() -> bool:
        return streams.open == 0

    await until(none_left)
    streams.most = 0
    none = await asked(port, head)

    assert [503, 503] == [one_more, none]
    assert {} == streams.by_session
    assert 0 == bench.page.watchers.count


@pytest.mark.parametrize("path", ["/p/settings", "/p/documents", "/p/events", f"/p/file/{UUID(int=7)}", "/p"])
async def test_unknown_cookies_are_all_alike(bench: WebBench, path: str) -> None:
    """No cookie, a malformed one and one of a session that is gone get the same answer."""
    address = await bench.person()
    gone = bench.browsers[address].cookies["docwatch"]
    await bench.pool.execute("DELETE FROM page_session")
    answers = []
    for cookie in ("", "x" * 43, gone, "x y", "A" * 5000):
        async with httpx.AsyncClient(base_url=bench.url) as browser:
            answer = await browser.get(path, headers={"Cookie": f"docwatch={cookie}"})
            answers.append((answer.status_code, answer.headers.get("location"), len(answer.text)))

    assert 1 == len(set(answers))


async def test_every_answer_is_shut_to_others(bench: WebBench) -> None:
    """Nothing is kept, framed, sniffed or told to other sites, and scripts run only from our own file."""
    address = await bench.person()
    answer = await bench.browsers[address].get("/p")
    policy = answer.headers["content-security-policy"]

    assert "no-store" == answer.headers["cache-control"]
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert "same-origin" == answer.headers["referrer-policy"]
    assert "DENY" == answer.headers["x-frame-options"]
    assert all(
        rule in policy for rule in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'")
    )
    assert "unsafe" not in policy
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert f'nonce="{nonce}"' in answer.text
    assert nonce not in (await bench.browsers[address].get("/p")).text
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
