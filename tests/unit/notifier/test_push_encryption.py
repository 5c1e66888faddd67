"""What is encrypted for a browser, as the standard, another library and the browser's side of it say."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from webpush import WebPush, WebPushSubscription  # type: ignore[import-untyped]  # it has no types
from webpush.vapid import VAPID  # type: ignore[import-untyped]  # it has no types

from sandbox.push.reading import BrowserKeys, UnreadableError, bytes_of, written
from services.notifier.channels.web.push_encryption import encrypted
from services.notifier.domain.addresses.pushes import LONGEST_PLAIN, PushSubscription

ENDPOINT = "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"
# RFC 8291, appendix A.
SALT = bytes_of("DGv6ra1nlYgDCS1FRnbzlw")
SENDER = bytes_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
BROWSER = bytes_of("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
AUTH = bytes_of("BTBZMqHH6r4Tts7J_aSIgg")
PLAIN = b"When I grow up, I want to be a watermelon"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK"
    "6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private_key(value: bytes) -> ec.EllipticCurvePrivateKey:
    """The key with this number."""
    return ec.derive_private_key(int.from_bytes(value, "big"), ec.SECP256R1())


def subscription(keys: BrowserKeys) -> PushSubscription:
    """What the browser with these keys told."""
    return PushSubscription(ENDPOINT, keys.public, keys.auth)


THEIRS = BrowserKeys(private_key(BROWSER), AUTH)


def test_the_example_of_the_standard() -> None:
    """With the standard's keys and salt comes the standard's body, and that is read."""
    body = encrypted(PLAIN, subscription(THEIRS), key=private_key(SENDER), salt=SALT)

    assert BODY == written(body)
    assert PLAIN == THEIRS.read(bytes_of(BODY))


@given(st.binary(max_size=LONGEST_PLAIN) | st.integers(0, LONGEST_PLAIN).map(bytes))
def test_a_browser_reads_what_was_encrypted_for_it(plain: bytes) -> None:
    """Whatever is encrypted for a browser, it reads, nobody else does, and it fits in 4096 bytes."""
    keys = BrowserKeys.new()
    body = encrypted(plain, subscription(keys))

    assert plain == keys.read(body)
    assert len(body) <= 4096
    with pytest.raises(UnreadableError):
        THEIRS.read(body)


def test_the_longest_fills_the_body() -> None:
    """The most that is taken makes a body of exactly what push services take; one more is refused."""
    whole = bytes(LONGEST_PLAIN)

    assert 4096 == len(encrypted(whole, subscription(THEIRS)))
    with pytest.raises(ValueError, match="at most 3993 bytes"):
        encrypted(whole + b"x", subscription(THEIRS))


@given(st.data())
def test_whatever_is_changed_on_the_way_is_noticed(data: st.DataObject) -> None:
    """A browser throws away what was changed, cut or made longer on the way."""
    body = encrypted(PLAIN, subscription(THEIRS))
    place = data.draw(st.integers(0, len(body) - 1))
    bit = data.draw(st.sampled_from([1 << number for number in range(8)]))
    changed = body[:place] + bytes([body[place] ^ bit]) + body[place + 1 :]
    # The record size is no part of what is authenticated: a larger one is the same message.
    ways = [body[:place], body + b"\0"] + ([changed] if not 16 <= place < 20 else [])

    for way in ways:
        with pytest.raises(UnreadableError):
            THEIRS.read(way)


def test_no_two_messages_are_alike() -> None:
    """Each message has a key and a salt of its own."""
    bodies = {encrypted(PLAIN, subscription(THEIRS)) for _ in range(20)}

    assert 20 == len({body[:16] for body in bodies})
    assert 20 == len({body[21:86] for body in bodies})


@pytest.mark.parametrize("point", [b"\x04" + bytes(64), b"\x02" + bytes(64), b"\x04" + b"\xff" * 64])
def test_a_key_that_is_no_point_is_an_error(point: bytes) -> None:
    """What is no point of the curve is refused, before anything is derived from it."""
    with pytest.raises(ValueError, match=r"."):
        encrypted(PLAIN, PushSubscription(ENDPOINT, point, AUTH))


@given(st.binary(min_size=1, max_size=LONGEST_PLAIN))
def test_another_library_is_read_alike(plain: bytes) -> None:
    """The sandbox's browsers read what another library encrypts, so they are no mirror of ours."""
    private, public, _ = VAPID.generate_keys()
    keys = BrowserKeys.new()
    given_to = WebPushSubscription.model_validate({"endpoint": ENDPOINT, "keys": keys.json()})
    message = WebPush(private, public, "who@agency.example").get(plain, given_to)

    assert plain == keys.read(message.encrypted)
