"""The session with a message centre: how it begins, is kept, ends and begins anew."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import pytest

from runtime.clock import SystemClock
from sandbox.sms.smpp.centre import Centre, CentreSettings, run_centre
from sandbox.sms.smpp.script import Fault
from services.notifier.channels.base import ChannelDownError
from services.notifier.channels.sms.smpp.options import SmppOptions
from services.notifier.channels.sms.smpp.statuses import BIND_SECONDS
from services.notifier.channels.sms.smpp.transport import open_smpp
from services.notifier.domain.results import Accepted, AccountDown, NotSent, Result, Throttled, Unknown
from tests.integration.notifier.certificates import Certificates, certificates
from tests.integration.notifier.smpp import NUMBER, PASSWORD, TIMINGS, HastyClock, Smpp, options_of, smpp

CLOCK = HastyClock()
MARKED = "MARKED-pass"
QUIET = CentreSettings(receipts=False)


async def taken(opened: Smpp) -> Result:
    """Submit until it was not refused for want of a session."""
    result = await opened.submit()
    async with asyncio.timeout(10):
        while isinstance(result, NotSent):
            await CLOCK.sleep(1)
            result = await opened.submit()
    return result


async def test_nobody_is_asked_before_there_is_something_to_do() -> None:
    """Who is not the owner of the account opens it, and holds no session."""
    async with smpp(QUIET) as opened:
        await asyncio.sleep(0)

        assert [] == opened.centre.sessions
        assert 0 == opened.centre.script.counts["bind"]


async def test_all_go_over_one_session() -> None:
    """However many begin at once, one session is made for them all."""
    async with smpp(replace(QUIET, sessions=1)) as opened:
        results = await asyncio.gather(*(opened.submit() for _ in range(20)), opened.transport.poll())

        assert [Accepted] * 20 == [type(result) for result in results[:-1]]
        assert 1 == opened.centre.script.counts["bind"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0x0D, AccountDown("not bound: 0x0d RBINDFAIL")),
        (0x0E, AccountDown("not bound: 0x0e RINVPASWD")),
        (0x0F, AccountDown("not bound: 0x0f RINVSYSID")),
        (0x05, NotSent("not bound: 0x05 RALYBND")),
        (0x08, NotSent("not bound: 0x08 RSYSERR")),
        (0x58, Throttled(BIND_SECONDS, "account")),
    ],
)
async def test_a_refused_session_is_told_and_not_asked_for_again_at_once(
    status: int, expected: Result
) -> None:
    """What refuses us is the account's matter where it will stay so; a while goes by before we ask again."""
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault("status", command="bind", status=status))

        assert [expected] * 20 == [await opened.submit() for _ in range(20)]
        assert 1 == opened.centre.script.counts["bind"]


async def test_a_wrong_password_ends_in_no_time_and_stands_nowhere() -> None:
    """A wrong password is the account's refusal, told at once, and no result, error or options show it."""
    async with smpp(QUIET, password=MARKED) as opened:
        result = await opened.submit()
        with pytest.raises(ChannelDownError) as down:
            await opened.transport.poll()

        assert AccountDown("not bound: 0x0e RINVPASWD") == result
        shown = f"{result} {down.value} {options_of(1, password=MARKED)}"
        assert "MARKED" not in shown


@pytest.mark.parametrize("kind", ["silent", "drop_before_store", "garbage"])
async def test_a_centre_that_does_not_answer_is_no_session(kind: str) -> None:
    """A centre that says nothing, breaks off, or is none: nothing was sent until it does."""
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault(kind, command="bind"))  # type: ignore[arg-type] # a kind of fault

        first = await opened.submit()

        assert NotSent is type(first)
        assert Accepted is type(await taken(opened))


async def test_where_nobody_listens_nothing_was_sent() -> None:
    """A port without a centre behind it is a text not sent, and updates that cannot be fetched."""
    async with run_centre() as centre:
        port = centre.port
    async with open_smpp(options_of(port), HastyClock()) as transport:
        result = await transport.submit(NUMBER, "text", uuid4())
        with pytest.raises(ChannelDownError, match="ConnectionRefusedError"):
            await transport.poll()

    assert NotSent("no connection: ConnectionRefusedError") == result


async def test_a_lost_session_begins_anew() -> None:
    """What was in the air when the session broke is unknown; the next texts go over another."""
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault("silent", times=5))
        flying = [asyncio.ensure_future(opened.submit()) for _ in range(5)]
        await opened.centre.script.until(lambda: opened.centre.script.counts["submit"] == 5)
        opened.centre.end_sessions()

        assert {Unknown("the session ended before the answer")} == set(await asyncio.gather(*flying))
        assert Accepted is type(await taken(opened))
        assert 2 == opened.centre.script.counts["bind"]


async def test_a_goodbye_amid_the_window_is_answered() -> None:
    """A centre that unbinds gets its answer; what it did not answer is unknown."""
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault("unbind", nth=2))
        results = await asyncio.gather(*(opened.submit() for _ in range(3)))

        assert {Accepted, Unknown} == {type(result) for result in results}
        assert Unknown is type(results[1])
        assert 1 == opened.centre.script.counts["unbound"]
        assert Accepted is type(await taken(opened))


async def test_a_centre_that_ends_each_session_is_not_asked_without_end() -> None:
    """Sessions that end as soon as they begin are as rare as those that never do."""
    async with smpp(QUIET) as opened:
        opened.centre.script.lay(Fault("drop_before_store", times=50))
        results = [await opened.submit() for _ in range(50)]

        assert 10 > opened.centre.script.counts["bind"]
        assert {Unknown, NotSent} >= {type(result) for result in results}


async def test_silence_is_asked_about_and_ends_the_session() -> None:
    """A centre that is gone without a word is found out by asking, and the session ends."""
    timings = replace(TIMINGS, enquire=0.05, response=0.1)
    async with smpp(QUIET, timings=timings) as opened:
        await opened.submit()
        await opened.centre.script.until(lambda: opened.centre.script.counts["enquire"] >= 2)
        opened.centre.script.lay(Fault("silent", command="enquire"))
        await opened.centre.script.until(lambda: not opened.centre.sessions)

        assert Accepted is type(await taken(opened))


async def test_a_session_that_nobody_uses_is_given_back() -> None:
    """Who neither submits nor polls any more leaves the place to the next owner of the account."""
    async with smpp(QUIET, timings=replace(TIMINGS, idle=2.0)) as opened:
        await opened.submit()
        await opened.centre.script.until(lambda: not opened.centre.sessions)

        assert 1 == opened.centre.script.counts["unbind"]
        assert Accepted is type(await opened.submit())


async def test_closing_says_goodbye() -> None:
    """Who stops unbinds, so that the account is free at once."""
    async with run_centre(QUIET) as centre:
        async with open_smpp(options_of(centre.port), SystemClock()) as transport:
            await Smpp(centre, transport).submit()

        assert 1 == centre.script.counts["unbind"]
        assert [] == centre.sessions


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@asynccontextmanager
async def sealed_centre(sealed: Certificates) -> AsyncIterator[Centre]:
    """A centre that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sealed.certificate)
    async with run_centre(QUIET, tls=context) as centre:
        yield centre


async def test_a_sealed_session_by_the_agencys_own_authority(sealed: Certificates) -> None:
    """By `smpps` the session is sealed, and who the centre is says the authority that the setting names."""
    async with sealed_centre(sealed) as centre:
        url = f"smpps://docwatch@127.0.0.1:{centre.port}?ca={sealed.authority}"
        async with open_smpp(SmppOptions.of(url, PASSWORD, "DOCS"), HastyClock()) as transport:
            assert Accepted is type(await Smpp(centre, transport).submit())


async def test_an_unknown_centre_is_told_no_password(sealed: Certificates) -> None:
    """A centre that nobody vouches for gets nothing of us."""
    async with sealed_centre(sealed) as centre:
        url = f"smpps://docwatch@127.0.0.1:{centre.port}"
        async with open_smpp(SmppOptions.of(url, PASSWORD, "DOCS"), HastyClock()) as transport:
            result = await Smpp(centre, transport).submit()

        assert NotSent("no connection: SSLCertVerificationError") == result
        assert 0 == centre.script.counts["bind"]
