from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from sandbox.telegram.api.webhook import webhook_delay
from sandbox.telegram.script import Fault, FaultKind, Script

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def kinds(script: Script, calls: int, chat_id: int = 1, *, parse_mode: bool = True) -> list[FaultKind | None]:
    faults = [script.strike("sendMessage", chat_id, parse_mode=parse_mode) for _ in range(calls)]
    return [None if fault is None else fault.kind for fault in faults]


@given(st.integers(1, 8), st.integers(1, 8))
def test_a_fault_strikes_from_the_nth_call_so_many_times(nth: int, times: int) -> None:
    """A fault meets the calls nth, nth + 1, ... as often as it was told, and then no more."""
    script = Script()
    script.lay(Fault("server_error", nth=nth, times=times))

    found = kinds(script, 20)

    assert ["server_error" if nth <= n < nth + times else None for n in range(1, 21)] == found


def test_a_fault_of_one_chat_counts_only_its_calls() -> None:
    """Calls to other chats and other methods neither count nor meet the fault."""
    script = Script()
    script.lay(Fault("hang", chat_id=1, nth=2))

    assert [None, None] == kinds(script, 2, chat_id=2)
    assert script.strike("editMessageText", 1, parse_mode=False) is None
    assert [None, "hang", None] == kinds(script, 3)


def test_the_fault_laid_first_wins() -> None:
    """Where two faults meet one call, the older strikes and both have counted it."""
    script = Script()
    script.lay(Fault("blocked"))
    script.lay(Fault("server_error", times=2))

    assert ["blocked", "server_error", None] == kinds(script, 3)


def test_text_without_a_parse_mode_cannot_fail_to_parse() -> None:
    """A scripted parse error passes plain text by."""
    script = Script()
    script.lay(Fault("cant_parse", times=3))

    assert [None] == kinds(script, 1, parse_mode=False)
    assert ["cant_parse"] == kinds(script, 1)


def test_calls_are_numbered_in_order() -> None:
    """The record gives every call a number, and what came after a number."""
    script = Script()
    for text in ("a", "b", "c"):
        script.begin("sendMessage", 1, text, NOW).status = 200

    assert [(2, "b"), (3, "c")] == [(call.n, call.text) for call in script.calls(after=1)]


def test_webhook_retries_at_once_and_then_ever_later() -> None:
    """The waits are 0, 2, 4, 8 ... up to 60 s; the receiver's own wish goes before them."""
    assert [0, 2, 4, 8, 16, 32, 60, 60] == [webhook_delay(failures, None) for failures in range(1, 9)]
    assert webhook_delay(1, retry_after=5) == 5
