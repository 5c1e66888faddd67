"""The audit says who did what, names no citizen, and can only be added to."""

from uuid import uuid4

import asyncpg
import pytest

from contracts.messages.forget import Forget
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import RevokeClaim
from contracts.services import TRACKER
from runtime.clock import SystemClock
from runtime.database import audit
from services.tracker.following.erasure import Erasure
from tests.conftest import Databases
from tests.integration.tracker.conftest import NOON, Tracker
from tests.integration.tracker.wrong_batch import OFFICE


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "TRUNCATE audit", "DROP TABLE audit"],
)
async def test_the_service_itself_cannot_change_what_was_written(tracker: Tracker, statement: str) -> None:
    """The role by which the tracker works may add and read, and lacks every other right."""
    await audit.note(tracker.pool, "somebody", "something", "of note")

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"permission denied|must be owner"):
        await tracker.pool.execute(statement)
    assert len(await audit.entries(tracker.pool, before=None, action=None, limit=9)) == 1


async def test_the_rights_are_those_of_the_table(databases: Databases) -> None:
    """It is the privileges that hold, whatever else stands in the way."""
    connection = await asyncpg.connect(databases.admin)
    rights = "SELECT has_table_privilege($1, 'tracker.audit', $2)"
    asked = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
    found = [await connection.fetchval(rights, TRACKER.role, one) for one in asked]
    other = await connection.fetchval(
        "SELECT has_table_privilege($1, 'tracker.event', 'UPDATE')", TRACKER.role
    )
    await connection.close()

    assert found == [True, True, False, False, False]
    assert other


async def test_what_citizens_and_publishers_do_is_entered_without_their_names(tracker: Tracker) -> None:
    """A revocation and a forgetting are entered once each; a second time nothing happened."""
    recipient = RecipientId(uuid4())
    await tracker.redeem(await tracker.issue(receipt="r1"), recipient)
    for _ in range(2):
        await tracker.claims.revoke(RevokeClaim(publisher=OFFICE, receipt_id="r1"))
        await Erasure(tracker.pool, SystemClock()).forget(Forget(recipient_id=recipient, at=NOON))
    found = await audit.entries(tracker.pool, before=None, action=None, limit=9)

    assert [(one.actor, one.action) for one in found] == [
        ("a citizen", "forget"),
        ("publisher office", "revoke"),
    ]
    assert found[0].detail == "1 subscriptions"


async def test_entries_are_read_page_by_page(tracker: Tracker) -> None:
    """The latest come first, of one action where asked, and a number leads on."""
    for number in range(4):
        await audit.note(tracker.pool, "somebody", f"act {number % 2}", str(number))
    latest = await audit.entries(tracker.pool, before=None, action=None, limit=2)
    rest = await audit.entries(tracker.pool, before=latest[-1].number, action="act 0", limit=9)

    assert [one.detail for one in latest] == ["3", "2"]
    assert [one.detail for one in rest] == ["0"]
