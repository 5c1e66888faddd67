"""The tables themselves refuse states that cannot be."""

import asyncpg
import pytest

from tests.integration.tracker.conftest import Tracker, stage_event
from tests.integration.tracker.joining import join, people


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE application SET stage = NULL", "a_state_is_whole"),
        ("UPDATE application SET revision = 0", "a_state_is_whole"),
        ("UPDATE application SET last_rank = NULL", "a_state_is_whole"),
        ("UPDATE event SET effect = 'repeat'", "silent_effects_tell_nobody"),
        ("UPDATE event SET effect = 'parked', notices = 0", "event_effect_check"),
        ("UPDATE claim SET redemptions = 6", "no_claim_is_overused"),
        ("UPDATE subscription SET ended_at = now()", "ended_by_something"),
        ("UPDATE notice SET ended_as = 'accepted'", "an_end_has_its_time"),
        ("UPDATE notice SET ended_at = now()", "an_end_has_its_time"),
        ("UPDATE notice SET reason = 'why'", "a_reason_needs_an_end"),
        (
            "UPDATE notice SET ended_as = 'expired', ended_at = now(), seen_at = now()",
            "receipts_upon_accepted_only",
        ),
        (
            "UPDATE notice SET ended_as = 'expired', ended_at = now(), failed_at = now()",
            "failed_upon_accepted_only",
        ),
        ("UPDATE set_aside SET payload = NULL", "only_a_duplicate_is_not_kept"),
        ("UPDATE set_aside SET settled_at = now()", "settled_by_something"),
        ("UPDATE subscription SET recipient_id = NULL", "only_the_forgotten_have_no_name"),
        ("UPDATE notice SET unreached = 1", "only_ends_are_unreached"),
        ("UPDATE notice SET event_id = NULL", "an_event_caused_all_but_some_kinds"),
        ("UPDATE notice SET revision = 0", "notice_revision_check"),
        ("UPDATE application SET beside = -1", "application_beside_check"),
        ("UPDATE pace SET hour = hour + interval '1 minute'", "pace_hour_check"),
        ("UPDATE pace SET events = 0", "pace_events_check"),
        ("INSERT INTO purged (ended_as, notices) VALUES ('lost', 1)", "purged_ended_as_check"),
        ("UPDATE claim SET expires_at = now()", "a_share_is_whole"),
        ("UPDATE subscription SET ended_by = 'move', ended_at = now()", "subscription_ended_by_check"),
        ("UPDATE joined SET into_id = recipient_id", "nobody_joins_themselves"),
        ("UPDATE joined SET moved = -1", "joined_moved_check"),
        ("UPDATE joined SET ended = ARRAY[recipient_id]", "one_stays_for_each_that_ends"),
        (
            "UPDATE application SET application_key = 'g' || substr(application_key, 2)",
            "application_application_key_check",
        ),
        ("UPDATE event SET digest = left(digest, 63)", "event_digest_check"),
        ("UPDATE event SET digest = translate(digest, '0123', 'xyz-')", "event_digest_check"),
    ],
)
async def test_impossible_states_cannot_be_stored(tracker: Tracker, statement: str, constraint: str) -> None:
    """Each constraint holds against a statement that breaks it."""
    await tracker.redeem(await tracker.issue())
    await tracker.take(stage_event("e1"), b"{")
    await join(tracker, *people())

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await tracker.pool.execute(statement)
    assert refused.value.constraint_name == constraint


async def test_who_follows_an_application_follows_it_once(tracker: Tracker) -> None:
    """A second active subscription of a recipient to an application cannot be stored."""
    await tracker.redeem(await tracker.issue())

    with pytest.raises(asyncpg.UniqueViolationError):
        await tracker.pool.execute(
            "INSERT INTO subscription SELECT gen_random_uuid(), application_key, recipient_id, claim_id,"
            " consent_version, consented_at, created_at FROM subscription"
        )
