"""Encryption with keys that can be replaced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.keyring import DecryptionError, KeyRing, KeyRingError, Sealed, parse_keys

OLD, NEW = ("old", bytes(32)), ("new", bytes([1] * 32))


@given(st.binary(max_size=200), st.binary(max_size=32))
def test_what_was_sealed_opens(plain: bytes, context: bytes) -> None:
    """A value sealed under any key of the ring opens in its context, also after the keys were replaced."""
    sealed = KeyRing([OLD], "test").seal(plain, context)

    assert plain == KeyRing([NEW, OLD], "test").open(sealed, context)
    assert "old" == sealed.key_id


@given(st.binary(max_size=50), st.integers(0, 400))
def test_a_changed_box_does_not_open(plain: bytes, place: int) -> None:
    """Any flipped bit is found."""
    ring = KeyRing([OLD], "test")
    sealed = ring.seal(plain, b"me")
    box = bytearray(sealed.box)
    box[place // 8 % len(box)] ^= 1 << place % 8

    with pytest.raises(DecryptionError):
        ring.open(Sealed(sealed.key_id, bytes(box)), b"me")


def test_a_box_opens_in_its_own_context_only() -> None:
    """A value moved to another row, another purpose or another key does not open."""
    ring = KeyRing([OLD, NEW], "test")
    sealed = ring.seal(b"42", b"me")

    with pytest.raises(DecryptionError):
        ring.open(sealed, b"you")
    with pytest.raises(DecryptionError):
        KeyRing([OLD], "other").open(sealed, b"me")
    with pytest.raises(DecryptionError):
        KeyRing([NEW], "test").open(sealed, b"me")
    with pytest.raises(DecryptionError):
        ring.open(Sealed("new", sealed.box), b"me")


def test_the_same_value_never_looks_the_same() -> None:
    """Two boxes of one value differ, while its look-up values are equal."""
    ring = KeyRing([NEW, OLD], "test")

    assert ring.seal(b"42", b"me") != ring.seal(b"42", b"me")
    assert ring.lookups("telegram", "42") == [ring.lookup(key, "telegram", "42") for key in ("new", "old")]
    assert not set(ring.lookups("telegram", "42")) & set(ring.lookups("telegra", "m42"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "key 1 is not written id:hex"),
        (f"a:{'00' * 32},b", "key 2 is not written id:hex"),
        ("a:xy", "key 'a' is not hexadecimal"),
        ("a:00", "key 'a' needs at least 32 bytes"),
        (f"a:{'00' * 32},a:{'11' * 32}", "key 'a' is given twice"),
        (f"a:{'00' * 32},b:{'00' * 32}", "key 'b' is given twice"),
    ],
)
def test_a_bad_key_is_named_and_not_shown(text: str, problem: str) -> None:
    """What is wrong with the keys is said without any of them."""
    with pytest.raises(KeyRingError) as caught:
        parse_keys(text)

    assert problem == str(caught.value)


def test_keys_are_read_in_order() -> None:
    """The first key given is the current one."""
    keys = parse_keys(f"new:{'01' * 32}, old:{'00' * 32}")

    assert [NEW, OLD] == keys
    assert "new" == KeyRing(keys, "test").current


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_pseudonym_tells_nothing_of_the_look_up(one: str, other: str) -> None:
    """A part has one name for each purpose, another part another, and none is a look-up value."""
    ring = KeyRing([("1", bytes(32)), ("2", bytes([1]) * 32)], "test")
    names = [ring.pseudonym(purpose, part) for purpose in ("a", "b") for part in (one, other)]

    assert len(set(names)) == (2 if one == other else 4)
    assert names[0] == ring.pseudonym("a", one)
    assert not {bytes.fromhex(name) for name in names} & set(ring.lookups(one) + ring.lookups(other))
