"""Signatures on letters, as two other programs verified them once (dkimpy) and by their own rules since."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from services.notifier.channels.email.signing import relaxed_body, relaxed_field, signer_of

LETTER = (
    b"From: =?utf-8?B?0JTQ?=\r\n =?utf-8?B?0JTQ?= <docs@agency.example>\r\nTo: <a@mail.example>\r\n"
    b"Subject: A  letter \r\nDate: Mon, 30 Nov 2026 13:24:05 +0000\r\nMessage-ID: <x@agency.example>\r\n"
    b"List-Unsubscribe: <https://d.example/u/1>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    b"SGVsbG8=  \t \r\n line \r\n\r\n\r\n"
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
# dkimpy 1.1.8 took it for valid with the public key A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=, and no more
# once the text was changed or a second From was put in.
SIGNATURE = ""


def pem(key: PrivateKeyTypes) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def test_a_letter_is_signed_as_others_verify_it() -> None:
    """The signature is the one that another program found valid; the letter stands after it unchanged."""
    signed = signer_of(pem(KEY), "agency.example", "s1").signed(LETTER)

    assert signed.endswith(LETTER)
    assert SIGNATURE == signed[: -len(LETTER)].replace(b"\r\n ", b"").decode().partition("; b=")[2].strip()


def test_who_is_seen_as_sender_is_signed_as_being_there_once() -> None:
    """From, To, Subject and Date are named once more than they are there."""
    signed = signer_of(pem(KEY), "agency.example", "s1").signed(LETTER).decode()
    names = signed.partition("h=")[2].partition(";")[0].split(":")

    assert {"from": 2, "to": 2, "subject": 2, "date": 2} == {
        name: names.count(name) for name in ("from", "to", "subject", "date")
    }
    assert {"list-unsubscribe", "message-id", "content-type"} <= set(names)


def test_forms_are_those_of_the_standard() -> None:
    """The examples of RFC 6376, section 3.4.5."""
    assert b" C\r\nD E\r\n" == relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n")
    assert b"" == relaxed_body(b"\r\n\r\n")
    assert (b"a:X", b"b:Y Z") == (relaxed_field(b"A", b" X"), relaxed_field(b"B ", b" Y\t\r\n\tZ  "))


SHORT = pem(rsa.generate_private_key(65537, 1024))  # noqa: S505 - it is to be refused


@pytest.mark.parametrize(
    ("key", "selector", "why"),
    [
        ("nonsense", "s1", "not a private key"),
        (SHORT, "s1", "2048 bits"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "s1", "neither"),
        (pem(KEY), "s1; d=other.example", "selector"),
        (pem(KEY), "", "selector"),
    ],
)
def test_a_key_that_nobody_would_believe_is_refused_at_start(key: str, selector: str, why: str) -> None:
    """Broken, short and foreign keys are told, with nothing of them in the sentence."""
    with pytest.raises(ValueError, match=why) as caught:
        signer_of(key, "agency.example", selector)

    assert "BEGIN" not in str(caught.value)
