import hmac

from hypothesis import given
from hypothesis import strategies as st

from runtime.crypto import derive, keyed_hash

KEY = bytes(32)
PARTS = st.lists(st.text(max_size=8), max_size=4)


@given(PARTS, PARTS)
def test_different_parts_have_different_hashes(one: list[str], other: list[str]) -> None:
    """Where one part ends and the next begins counts: only equal parts hash equally."""
    assert (keyed_hash(KEY, *one) == keyed_hash(KEY, *other)) == (one == other)


@given(st.binary(max_size=80), PARTS)
def test_a_keyed_hash_is_an_hmac(key: bytes, parts: list[str]) -> None:
    """A keyed hash is the HMAC-SHA256 of the parts, each after its length, whatever was hashed before."""
    raw = [part.encode() for part in parts]
    message = b"".join(len(one).to_bytes(4, "big") + one for one in raw)

    assert hmac.digest(key, message, "sha256") == keyed_hash(key, *parts) == keyed_hash(key, *parts)


def test_keys_of_different_purposes_differ() -> None:
    """A derived key depends on its purpose and on the key it comes from."""
    derived = {derive(KEY, "a"), derive(KEY, "b"), derive(b"\x01" * 32, "a")}

    assert len(derived) == 3
