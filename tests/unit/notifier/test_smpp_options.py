"""What a provider gives with an account of SMPP, read from one address."""

import pytest

from services.notifier.channels.sms.smpp.options import SmppOptions, sender_of
from services.notifier.channels.sms.smpp.pdus import Sender

PASSWORD = "MARKED-secret"  # noqa: S105 - a test's own
URL = "smpp://agency@centre.example"


def read(url: str, password: str = PASSWORD, sender: str = "DOCS") -> SmppOptions:
    return SmppOptions.of(url, password, sender)


def test_an_address_alone_is_enough() -> None:
    """What is not given is as it mostly is."""
    options = read(URL)

    assert ("centre.example", 2775, None) == (options.host, options.port, options.tls)
    assert ("agency", PASSWORD, "") == (options.system_id, options.password, options.system_type)
    assert (10, 30, "udh8", None) == (options.window, options.rate, options.long, options.validity)


def test_everything_can_be_said() -> None:
    """Each setting stands in the query; a sealed session has a context that checks names."""
    more = "window=50&rate=200&long=udh16&validity=48&system_type=VMA"
    options = read(f"smpps://a%2Fb@[::1]:3000/?{more}")

    assert ("::1", 3000, "a/b", "VMA") == (options.host, options.port, options.system_id, options.system_type)
    assert (50, 200, "udh16", 48) == (options.window, options.rate, options.long, options.validity)
    assert options.tls is not None
    assert options.tls.check_hostname


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://agency@centre.example", "no address"),
        ("smpp://agency@centre.example:port", "no address"),
        ("smpp://agency@centre.example/path", "no address"),
        ("smpp://agency@", "no address"),
        ("smpp://centre.example", "system_id"),
        ("smpp://agency:MARKED-secret@centre.example", "DOCWATCH_SMPP_PASSWORD"),
        (f"{URL}?window=0", "1 to 1000"),
        (f"{URL}?window=many", "1 to 1000"),
        (f"{URL}?long=tlv", "udh8, udh16, payload"),
        (f"{URL}?validity=9999", "1 to"),
        (f"{URL}?windwo=5", "none of"),
        (f"{URL}?window=5&window=6", "twice"),
        (f"{URL}?system_type=a b", "system_type"),
        (f"{URL}?ca=/nowhere", "smpps"),
        ("smpps://agency@centre.example?ca=/nowhere", "no file"),
    ],
)
def test_what_is_wrong_is_said_without_secrets(url: str, said: str) -> None:
    """A mistake is told with what to do, and never with the password."""
    with pytest.raises(ValueError, match=said) as error:
        read(url)

    assert "MARKED" not in str(error.value)


@pytest.mark.parametrize("password", ["", "with space", "x" * 65, "ключ", "a\0b"])
def test_a_password_that_cannot_be_sent_is_refused(password: str) -> None:
    """A password is visible ASCII, and is not repeated where it is not."""
    with pytest.raises(ValueError, match="DOCWATCH_SMPP_PASSWORD is not"):
        read(URL, password)


def test_the_password_stands_nowhere() -> None:
    """Whoever prints the options sees no password."""
    assert "MARKED" not in repr(read(URL))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("DOCS", Sender(5, 0, "DOCS")),
        ("Agency 24", Sender(5, 0, "Agency 24")),
        ("+380441234567", Sender(1, 1, "380441234567")),
        ("380441234567", Sender(1, 1, "380441234567")),
        ("4455", Sender(3, 0, "4455")),
    ],
)
def test_a_sender_has_its_type(name: str, expected: Sender) -> None:
    """A name, a number with its country and a short one are told apart."""
    assert expected == sender_of(name)


@pytest.mark.parametrize("name", ["", "MUCH TOO LONG", "sample_agency", "Агенція", "12"])
def test_what_is_no_sender_is_refused(name: str) -> None:
    """A sender that no network takes is told at start."""
    with pytest.raises(ValueError, match="no sender"):
        sender_of(name)
