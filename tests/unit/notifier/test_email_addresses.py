"""What is an address of e-mail, and which servers it is handed over by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.email.addresses import mailbox_of, typed_address
from services.notifier.channels.email.server import Server, server_of

SMTP = ("smtps", "smtp")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("olena@mail.example", "olena@mail.example"),
        ("  Olena.K+docs@Mail.Example ", "Olena.K+docs@mail.example"),
        ("o'neil@münchen.example", "o'neil@xn--mnchen-3ya.example"),
        ("Олена@пошта.укр", "Олена@xn--80a1acn3a.xn--j1amh"),
    ],
)
def test_an_address_is_kept_as_it_goes_over_the_wire(typed: str, kept: str) -> None:
    """The domain is in small ASCII letters, the name as it was typed; what is kept is kept the same again."""
    assert kept == typed_address(typed)
    assert kept == typed_address(kept)
    assert kept.isascii() == mailbox_of(kept).ascii


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "olena",
        "@mail.example",
        "olena@",
        "olena@mail",
        "olena@[127.0.0.1]",
        '"a b"@mail.example',
        "a..b@mail.example",
        "a@b@mail.example",
        "olena@mail.example\r\nRCPT TO:<x@y.example>",
        "olena@mail.example> SIZE=1",
        "olena@mail.example,other@mail.example",
        "Olena <olena@mail.example>",
        "olena\x00@mail.example",
        f"{'a' * 65}@mail.example",
        f"a@{'b' * 64}.example",
        f"a@{'b.' * 130}example",
        "о" * 300 + "@mail.example",
    ],
)
def test_anything_else_is_none(typed: str) -> None:
    """Names, lists, quotes, control characters and what is too long are no address, and are not quoted."""
    assert typed_address(typed) is None
    with pytest.raises(ValueError, match=r"^not an address of e-mail$"):
        mailbox_of(typed)


@given(st.text(max_size=300))
def test_no_text_is_more_than_one_word_of_a_command(typed: str) -> None:
    """Whatever is taken for an address has nothing in it that could end or lengthen a command."""
    kept = typed_address(typed)

    assert kept is None or not set(kept) & set('<>\r\n\t \x00,;"')


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://u%40x:p%3Aw@mx.agency.example", Server("mx.agency.example", 587, "starttls", "u@x", "p:w")),
        ("smtps://u:p@mx.agency.example", Server("mx.agency.example", 465, "at_once", "u", "p")),
        ("smtp://127.0.0.1:25", Server("127.0.0.1", 25, "none")),
        ("smtp://[::1]:25", Server("::1", 25, "none")),
        ("smtp://mx.agency.example:2525", Server("mx.agency.example", 2525, "starttls")),
    ],
)
def test_a_server_is_told_by_one_address(url: str, server: Server) -> None:
    """STARTTLS is insisted on everywhere but on this machine; names and passwords are percent-decoded."""
    assert server == server_of(url, schemes=SMTP)
    assert "p:w" not in repr(server)


@pytest.mark.parametrize(
    ("url", "password", "plain", "why"),
    [
        ("http://mx.agency.example", None, False, "must begin with smtp:// or smtps://"),
        ("smtp://", None, False, "no host"),
        ("smtp://mx:99999", None, False, "port"),
        ("smtp://u@mx.agency.example", None, False, "a name and a password"),
        ("smtp://mx.agency.example", "s3cret", False, "a name and a password"),
        ("smtp://u:s3cret@mx.agency.example", "other", False, "given twice"),
        ("smtp://u:p@mx.agency.example", None, True, "without encryption"),
        ("smtp://u:p#x@mx.agency.example", None, False, "percent-encoded|no host|port"),
    ],
)
def test_a_wrong_address_of_a_server_is_told_without_its_password(
    url: str,
    password: str | None,
    plain: bool,  # noqa: FBT001 - a parameter of the table
    why: str,
) -> None:
    """What is wrong is said in a sentence that holds nothing of the address."""
    with pytest.raises(ValueError, match=why) as caught:
        server_of(url, schemes=SMTP, password=password, plain=plain)

    assert "s3cret" not in str(caught.value)
    assert "mx.agency" not in str(caught.value)
