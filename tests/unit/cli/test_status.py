"""What the status view makes of the services' metrics."""

from io import StringIO

from rich.console import Console

from cli.status.command import pace, show
from cli.status.reading import Consumer, Status, summarize

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
        'docwatch_notifier_waiting{class="answer"} 4\n'
        'docwatch_notifier_oldest_seconds{class="answer"} 1.5\n'
        "docwatch_notifier_lease_held 1\n"
        "docwatch_notifier_paused_until_seconds 1030\n"
    ),
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

    assert {"ingest": None, "tracker": None, "notifier": None} == found.services
    assert {"accepted": 12} == found.events
    assert {"advance": 9} == found.effects
    assert {"accepted": 7} == found.ends
    assert (Consumer("STAGES", "tracker", 3, 75.5),) == found.consumers
    assert {"answer": 4} == found.waiting
    assert (5, 2, True, 30.0) == (found.subscriptions, found.dead, found.sending, found.rests)


def test_a_silent_service_is_shown_and_the_rest_stays() -> None:
    """One service that does not answer takes nothing else from the view."""
    found = summarize({"ingest": TEXTS["ingest"]}, {"tracker": "no answer"}, at=1.0, now=1000.0)

    text = _shown(found)
    assert "no answer" in text
    assert "12" in text
    assert "nobody sends" in text


def test_the_view_names_what_waits() -> None:
    """Lag and age stand beside the consumer's name, dead letters are shown."""
    text = _shown(summarize(TEXTS, {}, at=1.0, now=1000.0))

    assert "STAGES for tracker" in text
    assert "76 s" in text
    assert "the account rests for 30 s" in text


def test_the_pace_is_what_came_between_two_looks() -> None:
    """A counter that began anew is never shown as negative."""
    assert "5.0/s" == pace("accepted", {"accepted": 20}, {"accepted": 10}, 2.0)
    assert "0.0/s" == pace("accepted", {"accepted": 1}, {"accepted": 10}, 2.0)
    assert "" == pace("accepted", {"accepted": 1}, {}, 0.0)
