"""A town for the benchmarks: one application, one receipt and one follower for each number, made set by set.

What a bot's conversation and an office would do one by one stands in the tables at once; addresses are sealed
with the installation's own keys, so that services cannot tell the difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from uuid import uuid4

import asyncpg

from contracts.catalogue import load_catalogue
from contracts.messages.ids import (
    ApplicationKey,
    EventId,
    Publisher,
    RecipientId,
)
from contracts.messages.stage import StageEvent
from runtime.keyring import KeyRing, parse_keys
from services.ingest.domain.numbers import Numbering, application
from services.notifier.recipients.addresses import PURPOSE

PUBLISHER, CHANNEL, DOCUMENT = "bench", "telegram", "id_card"
ACCOUNTS = (CHANNEL, "telegram.second")
"""Accounts of the agency that people may have begun with."""
STAGES = ("accepted", "verification", "printing", "shipped", "arrived", "issued")
FIRST_CHAT = 1000


@dataclass(frozen=True)
class Keys:
    """The secrets of a benchmark's installation, in the form of its settings."""

    encryption: str
    pepper: str


@dataclass(frozen=True)
class Person:
    """Somebody who follows one application; the chat is a number."""

    number: str
    chat: int


def people(count: int) -> list[Person]:
    """Return so many people with an application each."""
    return [Person(f"AB-{100_000_000 + one}", FIRST_CHAT + one) for one in range(count)]


async def settle(
    admin: str,
    catalogue: Path,
    keys: Keys,
    town: Sequence[Person],
    accounts: Sequence[str] = ACCOUNTS[:1],
) -> None:
    """Put people on record in the tracker's and the notifier's tables, by turns at each of the accounts."""
    agency = load_catalogue(catalogue).agency
    numbering = Numbering.of(agency.code, agency.number_patterns)
    ring = KeyRing(parse_keys(keys.encryption), PURPOSE)
    now, recipients = datetime.now(UTC), [RecipientId(uuid4()) for _ in town]
    sealed = [ring.seal(str(one.chat).encode(), who.bytes) for one, who in zip(town, recipients, strict=True)]
    records = [
        (
            who,
            account,
            ring.lookup(box.key_id, account, str(one.chat)),
            box.box,
            box.key_id,
            "en",
            now,
            1,
            now,
        )
        for one, who, box, account in zip(town, recipients, sealed, cycle(accounts), strict=False)
    ]
    applications = []
    for one in town:
        match_key = numbering.match_key(one.number)
        if match_key is None:
            raise ValueError(f"{one.number} fits no pattern of the catalogue")
        found = application(numbering, bytes.fromhex(keys.pepper), match_key)
        applications.append((found.key, DOCUMENT, found.masked))
    claims = [uuid4() for _ in town]
    connection = await asyncpg.connect(admin)
    try:
        await _copy(
            connection,
            "notifier",
            "recipient",
            "id channel lookup address key_id language consented_at consented_by heard_at",
            records,
        )
        await _copy(
            connection, "tracker", "application", "application_key document_type masked", applications
        )
        await _copy(
            connection,
            "tracker",
            "claim",
            "claim_id publisher receipt_id generation application_key token_hash code_hash max_redemptions"
            " issued_at",
            [
                (claim, PUBLISHER, str(claim), 1, key, claim.hex * 2, claim.hex[::-1] * 2, 5, now)
                for claim, (key, _, _) in zip(claims, applications, strict=True)
            ],
        )
        await _copy(
            connection,
            "tracker",
            "subscription",
            "subscription_id application_key recipient_id claim_id consent_version consented_at created_at",
            [
                (uuid4(), key, who, claim, "1", now, now)
                for claim, who, (key, _, _) in zip(claims, recipients, applications, strict=True)
            ],
        )
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _copy(
    connection: "asyncpg.Connection[asyncpg.Record]",
    schema: str,
    table: str,
    columns: str,
    records: Sequence[tuple[object, ...]],
) -> None:
    await connection.copy_records_to_table(
        table, schema_name=schema, columns=columns.split(), records=records
    )


def event(event_id: str, person: Person, stage: str) -> dict[str, object]:
    """Return an event as a back office posts it now; the first stage begins a new cycle."""
    fields = {"application_number": person.number, "document_type": DOCUMENT, "stage": stage}
    return {
        "specversion": "1.0",
        "type": "docwatch.stage.v1",
        "source": PUBLISHER,
        "id": event_id,
        "time": datetime.now(UTC).isoformat(),
        "data": {**fields, "restart": stage == STAGES[0]},
    }


def stage_event(key: str, masked: str, name: str, stage: str) -> StageEvent:
    """Return the same as ingest passes it on."""
    now = datetime.now(UTC)
    return StageEvent(
        publisher=Publisher(PUBLISHER),
        event_id=EventId(name),
        digest="1" * 64,
        application_key=ApplicationKey(key),
        masked=masked,
        document_type=DOCUMENT,
        stage=stage,
        office=None,
        expected_at=None,
        note=None,
        sequence=None,
        restart=stage == STAGES[0],
        occurred_at=now,
        accepted_at=now,
    )
