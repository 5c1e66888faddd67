"""What an event says of a stage is the same in the domain and in every message."""

from contracts import digest
from contracts.messages.notice import Notice
from contracts.messages.rpc import Followed
from contracts.messages.stage import DETAILS, StageEvent, StageFields


def test_messages_say_of_a_stage_what_the_domain_knows() -> None:
    """Every detail is a field of each message about a stage, and each such field is a detail."""
    assert {"document_type", "stage", *StageFields.model_fields} == {*DETAILS}
    for message in (StageEvent, Notice, Followed):
        assert {*DETAILS} <= message.model_fields.keys()


def test_what_was_said_is_all_but_what_is_ours() -> None:
    """The digest is over everything that a publisher can say; what has a default may be left out."""
    plain = ("application_key", "document_type", "expected_at", "note", "office", "sequence", "stage")

    assert plain == digest._PLAIN
    assert {"correction": False, "missing": (), "notify": True, "restart": False} == digest._DEFAULTS
