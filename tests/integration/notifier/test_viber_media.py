"""Pictures by Viber: what is fetched, and from where never."""

import asyncio
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address

import pytest
from aiohttp import web

from runtime import public_addresses
from services.notifier.channels.base import ChannelDownError
from services.notifier.channels.http_calls import Timeouts
from services.notifier.channels.viber.channel import ViberChannel
from tests.integration.notifier.viber_peer import Peer, body, endless, reset, truncated, viber_peer

MOST = 1000
QUICK = Timeouts(connect=1.0, read=0.5)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with viber_peer() as found:
        yield found


@pytest.fixture
async def channel(peer: Peer) -> AsyncIterator[ViberChannel]:
    async with ViberChannel.open("token", "A", peer.url, timeouts=QUICK) as channel:
        yield channel


async def test_a_picture_is_fetched_whole(peer: Peer, channel: ViberChannel) -> None:
    """What stands at the API's own host is fetched, without the token."""
    seen: list[str | None] = []

    async def picture(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("X-Viber-Auth-Token"))
        return web.Response(body=b"p" * MOST)

    peer.files["a.jpg"] = picture

    assert b"p" * MOST == await channel.download(f"{peer.url}/media/a.jpg", MOST)
    assert [None] == seen


async def test_what_is_no_picture_of_ours_is_none(peer: Peer, channel: ViberChannel) -> None:
    """What is too long, without end, or not there any more is nothing."""
    peer.files |= {"long": body(b"p" * (MOST + 1)), "endless": endless, "gone": body(b"", 410)}

    found = [await channel.download(f"{peer.url}/media/{name}", MOST) for name in ("long", "endless", "gone")]

    assert [None, None, None] == found


async def test_a_packed_picture_stays_packed(peer: Peer, channel: ViberChannel) -> None:
    """Nothing is unpacked on the way, so that a little cannot become a lot."""
    peer.files["packed"] = body(b"\x1f\x8b packed", headers={"Content-Encoding": "gzip"})

    assert b"\x1f\x8b packed" == await channel.download(f"{peer.url}/media/packed", MOST)


async def test_a_server_that_does_not_work_may_later(peer: Peer, channel: ViberChannel) -> None:
    """What may be had another time is an error, which does not hold the address."""
    hold = asyncio.Event()

    async def silent(_: web.Request) -> web.StreamResponse:
        await hold.wait()
        return web.Response()

    peer.files |= {"500": body(b"", 500), "reset": reset, "truncated": truncated, "silent": silent}
    for name in peer.files:
        with pytest.raises(ChannelDownError) as raised:
            await channel.download(f"{peer.url}/media/{name}?Signature=SECRET", MOST)
        assert "SECRET" not in f"{raised.value!r}{raised.value.__context__!r}"
    hold.set()


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://localhost/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "http://example.org/x",
        "file:///etc/passwd",
        "ftp://example.org/x",
        "//example.org/x",
        "/media/a.jpg",
        "",
        "https://",
        "https://[::1/x",
        "https://x.example:99999/x",
        "https://x..example/x",
        f"https://{'x' * 64}.example/x",
        "https://user:word@127.0.0.1/x",
        "https://[fe80::1%25eth0]/x",
    ],
)
async def test_nothing_inside_is_reached(channel: ViberChannel, url: str) -> None:
    """A picture that stands at an address of our own network, or not on the web at all, is none."""
    assert await channel.download(url, MOST) is None


async def test_nobody_listens_inside(channel: ViberChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address of this machine is refused before anything is said to it, whatever name it goes by."""
    spoken: list[str] = []
    forbidden = public_addresses.forbidden

    def watched(address: str) -> bool:
        spoken.append(address)
        return forbidden(address)

    monkeypatch.setattr(public_addresses, "forbidden", watched)
    reached = asyncio.Event()

    async def listener(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        writer.close()

    server = await asyncio.start_server(listener, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        found = await channel.download(f"https://localhost:{port}/x", MOST)

    assert (None, False) == (found, reached.is_set())
    assert spoken
    assert all(ip_address(address).is_loopback for address in spoken)


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1:{port}/x",
        "http://127.0.0.1:{port}/x",
        "http://example.org/x",
        "file:///etc/passwd",
        "",
        "https://[::",
    ],
)
async def test_a_picture_that_moved_inside_is_none(peer: Peer, channel: ViberChannel, location: str) -> None:
    """A place to which a picture has moved is looked at as the first one was."""
    with socket.socket() as inside:
        inside.bind(("127.0.0.1", 0))
        inside.listen()
        inside.setblocking(False)  # noqa: FBT003 - as the standard library has it
        there = location.format(port=inside.getsockname()[1])
        peer.files["moved"] = body(b"", 302, {"Location": there})
        found = await channel.download(f"{peer.url}/media/moved", MOST)
        with pytest.raises(BlockingIOError):
            inside.accept()

    assert found is None


async def test_a_picture_that_moved_is_found(peer: Peer, channel: ViberChannel) -> None:
    """A picture that moved a few times is fetched; one that moves for ever is not."""
    peer.files |= {
        "one": body(b"", 302, {"Location": "/media/two"}),
        "two": body(b"", 307, {"Location": f"{peer.url}/media/a.jpg"}),
        "a.jpg": body(b"p"),
        "ever": body(b"", 302, {"Location": "/media/ever"}),
    }

    assert [b"p", None] == [
        await channel.download(f"{peer.url}/media/{name}", MOST) for name in ("one", "ever")
    ]
