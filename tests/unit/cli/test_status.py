"""What the status view makes of the services' metrics."""

from io import StringIO

import pytest
from rich.console import Console

from cli.status.command import account_state, pace, show
from cli.status.reading import AccountStatus, Consumer, PeopleStatus, Status, summarize
from contracts.services import SERVICES

TEXTS = {
    "ingest": 'docwatch_ingest_events_total{result="accepted"} 12\n',
    "tracker": (
        'docwatch_tracker_events_total{effect="advance"} 9\n'
        'docwatch_tracker_notice_ends_total{end="accepted"} 7\n'
        "docwatch_tracker_subscriptions 5\n"
        'docwatch_consumer_lag_messages{stream="STAGES",consumer="tracker"} 3\n'
        'docwatch_consumer_oldest_seconds{stream="STAGES",consumer="tracker"} 75.5\n'
        'docwatch_tracker_put_aside{effect="dead"} 1\n'
        'docwatch_tracker_put_aside{effect="parked"} 1\n'
    ),
    "notifier": (
        'docwatch_notifier_waiting{channel="telegram",account="telegram",class="answer"} 4\n'
        'docwatch_notifier_waiting{channel="telegram",account="telegram",class="other"} 1\n'
        'docwatch_notifier_waiting{channel="telegram",account="telegram.second",class="answer"} 3\n'
        'docwatch_notifier_oldest_seconds{channel="telegram",account="telegram",class="answer"} 1.5\n'
        'docwatch_notifier_oldest_seconds{channel="telegram",account="telegram",class="other"} 0.5\n'
        'docwatch_notifier_oldest_seconds{channel="telegram",account="telegram.second",class="answer"} 7.0\n'
        'docwatch_notifier_lease_held{channel="telegram",account="telegram"} 1\n'
        'docwatch_notifier_lease_held{channel="telegram",account="telegram.second"} 0\n'
        'docwatch_notifier_paused_until_seconds{channel="telegram",account="telegram"} 1030\n'
    ),
    "desk": 'docwatch_consumer_lag_messages{stream="QUESTIONS",consumer="desk"} 2\n',
}


def _shown(found: Status, before: Status | None = None) -> str:
    console = Console(file=StringIO(), width=120)
    console.print(show(found, before))
    text = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO given above
    assert isinstance(text, str)
    return text


def test_metrics_become_one_status() -> None:
    """Counts, ages and standings are found under their names."""
    found = summarize(TEXTS, {}, at=1.0, now=1000.0)

    assert dict.fromkeys(SERVICES) == found.services
    assert {"accepted": 12} == found.events
    assert {"advance": 9} == found.effects
    assert {"accepted": 7} == found.ends
    assert (Consumer("STAGES", "tracker", 3, 75.5), Consumer("QUESTIONS", "desk", 2, 0.0)) == found.consumers
    assert {"answer": 7, "other": 1} == found.waiting
    assert {"answer": 7.0, "other": 0.5} == found.oldest
    assert (5, 2) == (found.subscriptions, found.dead)
    assert (
        AccountStatus("telegram", 5, 1.5, sending=True, rests=30.0),
        AccountStatus("telegram.second", 3, 7.0),
    ) == found.accounts


def test_a_silent_service_is_shown_and_the_rest_stays() -> None:
    """One service that does not answer takes nothing else from the view."""
    found = summarize({"ingest": TEXTS["ingest"]}, {"tracker": "no answer"}, at=1.0, now=1000.0)

    text = _shown(found)
    assert "no answer" in text
    assert "12" in text


def test_the_view_names_what_waits() -> None:
    """Lag and age stand beside the consumer's name, dead letters are shown."""
    text = _shown(summarize(TEXTS, {}, at=1.0, now=1000.0))

    assert "STAGES for tracker" in text
    assert "76 s" in text
    assert "it rests for 30 s" in text
    assert "nobody sends" in text


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (AccountStatus("a", sending=True), "a notifier sends"),
        (AccountStatus("a"), "nobody sends"),
        (AccountStatus("a", sending=True, down=True), "refuses the account"),
        (AccountStatus("a", sending=True, left_alone=True), "too many calls fail"),
        (AccountStatus("a", sending=True, down=True, paused=True), "operators hold it back"),
    ],
)
def test_the_state_of_an_account_is_said_in_words(account: AccountStatus, said: str) -> None:
    """What an operator decided comes first, then what the messenger says, then whether anybody sends."""
    assert said in account_state(account)


def test_the_pace_is_what_came_between_two_looks() -> None:
    """A counter that began anew is never shown as negative."""
    assert "5.0/s" == pace("accepted", {"accepted": 20}, {"accepted": 10}, 2.0)
    assert "0.0/s" == pace("accepted", {"accepted": 1}, {"accepted": 10}, 2.0)
    assert "" == pace("accepted", {"accepted": 1}, {}, 0.0)


def test_who_waits_for_a_person_is_shown() -> None:
    """Conversations, promises, staff and content are shown where the desk has people, and only there."""
    desk = (
        'docwatch_desk_conversations{standing="waiting"} 4\n'
        'docwatch_desk_conversations{standing="held"} 2\n'
        "docwatch_desk_oldest_seconds 75\n"
        'docwatch_desk_promises_open{standing="broken"} 1\n'
        'docwatch_desk_staff{standing="present"} 3\n'
        "docwatch_desk_open 1\n"
        "docwatch_desk_rated_lately 40\n"
        "docwatch_desk_content_share 0.9\n"
    )
    found = summarize({"desk": desk}, {}, at=1.0, now=1000.0)
    text = _shown(found)

    assert PeopleStatus(4, 2, 0, 75.0, 0, 1, 3, is_open=True, rated=40, content=0.9) == found.people
    assert all(one in text for one in ("waiting for a person", "75 s", "promises broken", "90%"))
    assert "waiting for a person" not in _shown(summarize(TEXTS, {}, at=1.0, now=1000.0))
