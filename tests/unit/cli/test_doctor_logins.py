"""What a login may do, as NATS tells it, against what its service must do."""

import pytest

from cli.doctor.facts import LoginFact
from cli.doctor.gathering.logins import compare, is_remote
from contracts.logins import NOTIFIER

RIGHT = {
    "publish": {"allow": list(NOTIFIER.publish)},
    "subscribe": {"allow": list(NOTIFIER.subscribe)},
}


def test_the_rights_of_the_table_are_right() -> None:
    """A login with exactly its rights lacks nothing and has nothing too much."""
    assert LoginFact("notifier", "notifier") == compare("notifier", "notifier", RIGHT)


def test_no_rules_are_every_right() -> None:
    """A user without permissions may do everything, which is too much."""
    assert ("publish >", "subscribe >") == compare("notifier", None, {}).too_much


def test_denying_everything_is_no_right() -> None:
    """Whoever may not publish at all lacks what must be published."""
    found = compare("notifier", None, {**RIGHT, "publish": {"deny": [">"]}})

    assert () == found.too_much
    assert tuple(f"publish {one}" for one in NOTIFIER.publish) == found.lacking


@pytest.mark.parametrize(
    ("allowed", "covers"),
    [
        ("docwatch.>", True),
        ("docwatch.delivery.*", True),
        ("*.*.*", True),
        ("docwatch.delivery", False),
        ("docwatch.delivery.v1.>", False),
        ("docwatch.*", False),
        ("docwatch.delivery.v2", False),
    ],
)
def test_wildcards_cover_and_are_too_much(allowed: str, *, covers: bool) -> None:
    """A pattern that holds a needed subject lacks nothing by it, and is wider than the need."""
    rest = [one for one in NOTIFIER.publish if one != "docwatch.delivery.v1"]
    found = compare("notifier", None, {**RIGHT, "publish": {"allow": [*rest, allowed]}})

    assert (f"publish {allowed}",) == found.too_much
    assert (() if covers else ("publish docwatch.delivery.v1",)) == found.lacking


def test_only_the_needed_queue_is_right() -> None:
    """A subscription that is allowed in another queue does not serve, and one in any queue is too wide."""
    need, inbox = "docwatch.ingest.v1.events.>", "_INBOX_ingest.>"
    publish = {"allow": [">"]}
    other = compare("ingest", None, {"publish": publish, "subscribe": {"allow": [inbox, f"{need} x"]}})
    any_queue = compare("ingest", None, {"publish": publish, "subscribe": {"allow": [inbox, need]}})

    assert (f"subscribe {need} ingest",) == other.lacking
    assert (("publish >", f"subscribe {need}"), ()) == (any_queue.too_much, any_queue.lacking)


@pytest.mark.parametrize(
    ("url", "remote"),
    [
        ("nats://a:b@127.0.0.1:4222", False),
        ("nats://localhost", False),
        ("nats://[::1]:4222", False),
        ("tls://nats:4222", True),
        ("nats://10.0.0.7:4222", True),
        ("nats://127.0.0.1:1,nats://10.0.0.7:1", True),
    ],
)
def test_what_is_on_this_machine(url: str, *, remote: bool) -> None:
    """Only a loopback address stays on this machine; one server elsewhere is enough to be remote."""
    assert remote == is_remote(url)
