"""The key by which pushes are signed, as the settings take it and as an installation makes it."""

from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from cli.installation.local import SECRETS_FILE, VAPID_KEY, ensure_secrets, write_secrets
from services.notifier.channels.web.vapid import Vapid
from services.notifier.settings import P256_ORDER, usable_vapid_key


def written(number: int) -> str:
    """A key as it is written."""
    return urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


@given(st.integers(1, P256_ORDER - 1))
def test_every_private_key_is_usable(number: int) -> None:
    """Each number of a private key is taken, with its padding or without, and signs."""
    text = written(number)

    assert text == usable_vapid_key(SecretStr(f" {text}=\n")).get_secret_value()
    assert 87 == len(Vapid(text, "https://docs.agency.example").public_key)


@pytest.mark.parametrize(
    "text", ["short", "x" * 44, written(0), written(P256_ORDER), written(2**256 - 1), "ключ" * 11, "5f" * 32]
)
def test_no_other_text_is_a_key(text: str) -> None:
    """What is no private key of the curve is refused at the start, without being shown."""
    with pytest.raises(ValueError, match="43 letters of base64url") as raised:
        usable_vapid_key(SecretStr(text))

    assert text not in str(raised.value)


def test_an_empty_file_is_no_key() -> None:
    """Where the file of the key is empty there is none."""
    assert not usable_vapid_key(SecretStr("\n")).get_secret_value().strip()


def test_an_installation_makes_one_once(tmp_path: Path) -> None:
    """Each installation has its own key, and one of a version that had none is given it at the next start."""
    folder = tmp_path / "data"
    made = ensure_secrets(folder)
    before = {name: value for name, value in made.items() if name != VAPID_KEY}
    write_secrets(folder, before)

    after = ensure_secrets(folder)

    assert usable_vapid_key(SecretStr(made[VAPID_KEY]))
    assert before == {name: value for name, value in after.items() if name != VAPID_KEY}
    assert made[VAPID_KEY] != after[VAPID_KEY] == ensure_secrets(folder)[VAPID_KEY]
    assert 0o600 == (folder / SECRETS_FILE).stat().st_mode & 0o777
