"""The rights on NATS against the description of who sends what to whom."""

from contracts.logins import LOGINS
from contracts.streams import CONSUMERS, EVENTS_SUBJECT
from deploy.asyncapi.flows import CALLS, FLOWS
from deploy.nats.generate import FILE, rendered

MAY = {one.name: one for one in LOGINS}


def test_the_file_is_what_the_table_says() -> None:
    """A right that was changed in one place alone is found."""
    assert rendered() == FILE.read_text("utf-8")


def test_whoever_sends_may_publish() -> None:
    """Every message that is described can be sent by the login of the service that sends it."""
    assert [] == [one for one in FLOWS if one.subject not in MAY[one.sender].publish]


def test_whoever_asks_may_ask_and_whoever_answers_may_answer() -> None:
    """Every question that is described can be asked by its asker, and heard by the queue of its answerer."""
    ours = [one for one in CALLS if not one.subject.startswith(EVENTS_SUBJECT)]

    assert [] == [one for one in ours if one.subject not in MAY[one.asker].publish]
    assert [] == [one for one in ours if f"{one.subject} {one.answerer}" not in MAY[one.answerer].subscribe]
    assert f"{EVENTS_SUBJECT}.> ingest" in MAY["ingest"].subscribe


def test_each_consumer_is_read_by_one_service() -> None:
    """No two services may acknowledge the messages of one consumer."""
    for consumer in CONSUMERS:
        acknowledged = f"$JS.ACK.{consumer.stream}.{consumer.durable}.>"
        readers = [name for name, login in MAY.items() if acknowledged in login.publish]

        assert [consumer.durable.partition("-")[0]] == [one for one in readers if one != "provision"]
