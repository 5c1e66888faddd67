"""What each answer of a server of mail means, by the command that it answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.email.statuses import (
    ACCOUNT_SECONDS,
    FULL_SECONDS,
    LATER_SECONDS,
    Command,
    result_of,
)
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)

LATER, BUSY = Throttled(LATER_SECONDS, "chat"), Throttled(ACCOUNT_SECONDS, "account")
COMMANDS: tuple[Command, ...] = ("connect", "login", "mail", "rcpt", "data", "end")


@pytest.mark.parametrize(
    ("command", "code", "said", "expected"),
    [
        ("connect", 421, "4.3.2 too many connections", BUSY),
        ("connect", 450, "not now", NotSent),
        ("connect", 554, "5.7.1 you are on a list", AccountDown),
        ("login", 454, "4.7.0 cannot ask now", NotSent),
        ("login", 535, "5.7.8 wrong password", AccountDown),
        ("mail", 421, "4.7.0 too fast", BUSY),
        ("mail", 451, "4.3.0 try later", BUSY),
        ("mail", 452, "4.3.1 no room", BUSY),
        ("mail", 530, "5.7.0 authentication required", AccountDown),
        ("mail", 550, "5.1.8 sender's domain does not exist", AccountDown),
        ("mail", 552, "5.3.4 too large", Permanent("too_long", "mail: 552 5.3.4 too large")),
        ("rcpt", 450, "4.2.0 greylisted", LATER),
        ("rcpt", 451, "4.7.1 greylisted, come back", LATER),
        ("rcpt", 452, "4.2.2 mailbox full", Throttled(FULL_SECONDS, "chat")),
        ("rcpt", 421, "4.3.2 shutting down", BUSY),
        ("rcpt", 550, "5.1.1 no such user", Unreachable("not_found")),
        ("rcpt", 550, "5.1.2 no such domain", Unreachable("not_found")),
        ("rcpt", 556, "5.1.10 null MX", Unreachable("not_found")),
        ("rcpt", 550, "5.2.1 disabled", Unreachable("deactivated")),
        ("rcpt", 550, "no such user here", Unreachable("not_found")),
        ("rcpt", 552, "5.2.2 mailbox full", Permanent("rejected", "rcpt: 552 5.2.2 mailbox full")),
        ("rcpt", 550, "5.7.1 refused by policy", Permanent("rejected", "rcpt: 550 5.7.1 refused by policy")),
        ("rcpt", 554, "no", Permanent("rejected", "rcpt: 554 no")),
        ("rcpt", 554, "5.7.1 relay access denied", AccountDown),
        ("rcpt", 550, "relaying denied", AccountDown),
        ("rcpt", 530, "5.7.0 must issue STARTTLS first", AccountDown),
        ("data", 451, "4.3.0 later", BUSY),
        (
            "data",
            554,
            "5.5.1 no valid recipients",
            Permanent("rejected", "data: 554 5.5.1 no valid recipients"),
        ),
        ("end", 250, "queued", Unknown),
        ("end", 451, "4.3.0 later", BUSY),
        ("end", 450, "4.7.1 greylisted", LATER),
        ("end", 550, "5.7.1 spam", Permanent("rejected", "end: 550 5.7.1 spam")),
        ("end", 550, "5.1.1 no such user", Unreachable("not_found")),
        ("end", 554, "5.6.0 cannot be read", Permanent("unparseable", "end: 554 5.6.0 cannot be read")),
        ("end", 552, "too much", Permanent("too_long", "end: 552 too much")),
        ("end", -1, "what?", Unknown),
        ("mail", 99, "what?", NotSent),
    ],
)
def test_what_an_answer_means(
    command: Command, code: int, said: str, expected: Result | type[Result]
) -> None:
    """Mailboxes, the account, the letter and the time are told apart by command and code."""
    found = result_of(command, code, said)

    assert expected == (type(found) if isinstance(expected, type) else found)


@given(st.sampled_from(COMMANDS), st.integers(-1, 999), st.text(max_size=2000))
def test_no_refusal_is_an_acceptance_and_none_before_the_end_is_unknown(
    command: Command, code: int, said: str
) -> None:
    """Whatever a server says, it accepted nothing by it; only at a letter's end it may have been sent."""
    found = result_of(command, code, said)

    assert not isinstance(found, Accepted)
    assert "end" == command or not isinstance(found, Unknown)


@pytest.mark.parametrize(
    "said",
    [
        "5.7.1 <olena@mail.example>: refused",
        "5.7.1 olena@mail.example refused, see https://help.example/olena@x",
        "5.7.1 [\"Dear Olena\"] 'Passport AB-123456789' refused 380501234567",
        "5.7.1 Олена refused",
    ],
)
def test_operators_read_no_address_and_nothing_of_a_letter(said: str) -> None:
    """What a server says is kept without addresses, quotes, numbers and foreign letters."""
    found = result_of("end", 554, said)

    assert isinstance(found, Permanent)
    assert "refused" in found.detail
    assert not any(
        word in found.detail for word in ("olena", "Olena", "123456789", "380501234567", "Олена", "help")
    )
