"""What is left behind, read from outside: the streams, the schemas and what the phones really show.

Each function returns sentences about what breaks the promise; no sentence, no fault.
"""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import nats.js.errors

from cli.installation import bus
from cli.installation.local import ensure_secrets
from contracts.messages.stage import STAGE_EVENT, StageEvent
from contracts.streams import STAGES
from runtime.keyring import KeyRing, Sealed
from services.notifier.recipients.addresses import PURPOSE, Recipients
from tests.faults.harness import Harness
from tests.faults.phones import Phones, look_at

MAX_COPIES = 3
PROMISED = """
SELECT (SELECT coalesce(sum(notices), 0) FROM tracker.event)
     + (SELECT coalesce(sum(beside), 0) FROM tracker.application)
"""
DELIVERIES = """
SELECT d.id, d.kind, d.state, d.message_reference, d.subscription_id, d.revision, d.unknowns, d.attempts,
       d.channel, d.follows, a.recipient_id, a.id AS address_id, a.address, a.key_id
FROM notifier.delivery d LEFT JOIN address a ON a.id = coalesce(d.address_id, d.recipient_id)
"""
Chat = tuple[str, int]
"""A channel, and the citizen whose chat with the bot it is."""


@dataclass(frozen=True)
class Evidence:
    """Everything that outsiders can see once the system is quiet; `chats` by delivery."""

    sent: Sequence[str]
    stream: Mapping[int, StageEvent]
    intake: Sequence[int]
    notices: Mapping[UUID, str | None]
    promised: int
    deliveries: Sequence[asyncpg.Record]
    chats: Mapping[UUID, Chat]
    phones: Sequence[Mapping[str, Any]]
    followers: frozenset[int]


async def collect(harness: Harness) -> Evidence:
    """Read it all."""
    running = harness.running
    assert running.stored is not None
    assert running.addresses.phone is not None
    phones = await look_at(running.addresses.phone)
    connection = await asyncpg.connect(running.servers.admin, server_settings={"search_path": "notifier"})
    try:
        taken = await connection.fetch(
            "SELECT stream_sequence FROM tracker.event UNION ALL "
            "SELECT stream_sequence FROM tracker.set_aside WHERE stream = 'STAGES'"
        )
        notices = await connection.fetch("SELECT notice_id, ended_as FROM tracker.notice")
        promised = await connection.fetchval(PROMISED)
        deliveries = await connection.fetch(DELIVERIES)
    finally:
        await connection.close()
    month, chats = running.stored.month, running.stored.progress.chats
    return Evidence(
        sent=[line.row.event_id for line in month.lines],
        stream=await _stream(running.servers.nats["provision"], running.servers.nats_ca),
        intake=[row["stream_sequence"] for row in taken],
        notices={row["notice_id"]: row["ended_as"] for row in notices},
        promised=promised,
        deliveries=deliveries,
        chats=_chats(harness, deliveries, phones),
        phones=phones.messages,
        followers=frozenset(chats[follow.citizen_id] for follow in month.follows),
    )


async def _stream(url: str, ca: Path | None) -> dict[int, StageEvent]:
    client = await bus.connect(url, ca)
    try:
        js = client.jetstream()
        state = (await js.stream_info(STAGES.name)).state
        found = {}
        for number in range(1, state.last_seq + 1):
            # A write that failed on a full disk was never acknowledged and leaves a number without a message.
            with contextlib.suppress(nats.js.errors.NotFoundError):
                message = await js.get_msg(STAGES.name, number)
                found[number] = STAGE_EVENT.validate_json(message.data or b"")
    finally:
        await client.close()
    return found


def _chats(harness: Harness, deliveries: Sequence[asyncpg.Record], phones: Phones) -> dict[UUID, Chat]:
    keys = ensure_secrets(harness.settings.folder)["DOCWATCH_ENCRYPTION_KEYS"]
    pairs = [(name, bytes.fromhex(key)) for name, _, key in (one.partition(":") for one in keys.split(","))]
    people = Recipients("telegram", KeyRing(pairs, PURPOSE))
    found = {}
    for row in _for_somebody(deliveries):
        address = people.address(row["address_id"], Sealed(row["key_id"], row["address"]))
        found[row["id"]] = (row["channel"], phones.citizen(row["channel"], address))
    return found


def _for_somebody(deliveries: Sequence[asyncpg.Record]) -> list[asyncpg.Record]:
    """Return the deliveries whose recipient is on record."""
    return [row for row in deliveries if row["recipient_id"] is not None]


def findings(evidence: Evidence) -> list[str]:
    """Return everything that breaks the promise."""
    return [
        *_nothing_lost(evidence),
        *_every_event_once(evidence),
        *told_as_promised(evidence),
    ]


def told_as_promised(evidence: Evidence) -> list[str]:
    """Return what breaks the promise to people, whatever numbers messages have in the stream."""
    return [
        *_every_notice_ended(evidence),
        *_phones_show_what_was_accepted(evidence),
        *_no_copy_beyond_the_promise(evidence),
        *_never_backwards(evidence),
        *_nobody_else_is_told(evidence),
        *_followers_are_on_record(evidence),
    ]


def _nothing_lost(evidence: Evidence) -> list[str]:
    missing = set(evidence.sent) - {event.event_id for event in evidence.stream.values()}
    return [f"{len(missing)} events were answered with 202 and are not in the stream"] if missing else []


def _every_event_once(evidence: Evidence) -> list[str]:
    counts = Counter(evidence.intake)
    wrong = {number for number in evidence.stream.keys() | counts.keys() if counts[number] != 1}
    return [f"stream messages {sorted(wrong)[:5]} are not in the tracker exactly once"] if wrong else []


def _every_notice_ended(evidence: Evidence) -> list[str]:
    found = []
    if evidence.promised != len(evidence.notices):
        found.append(f"{evidence.promised} notices were caused, the ledger has {len(evidence.notices)}")
    open_notices = sum(end is None for end in evidence.notices.values())
    if open_notices:
        found.append(f"{open_notices} notices have no end")
    made = {
        row["id"]: row["state"]
        for row in evidence.deliveries
        if row["kind"] == "notice" and row["follows"] is None
    }
    if made != dict(evidence.notices):
        found.append("the notifier's deliveries and the tracker's ledger differ")
    return found


def _shown(evidence: Evidence) -> dict[tuple[Chat, str], Mapping[str, Any]]:
    bot = [message for message in evidence.phones if message["from"] == "bot"]
    return {place_of(message): message for message in bot}


def place_of(message: Mapping[str, Any]) -> tuple[Chat, str]:
    """Return where a message is: its chat, and what the messenger calls it there."""
    return (message["channel"], message["citizen_id"]), message["reference"]


def _phones_show_what_was_accepted(evidence: Evidence) -> list[str]:
    shown = _shown(evidence)
    lost = [
        row["id"]
        for row in evidence.deliveries
        if row["state"] == "accepted" and (evidence.chats[row["id"]], row["message_reference"]) not in shown
    ]
    return [f"{len(lost)} accepted deliveries are on no phone"] if lost else []


def _no_copy_beyond_the_promise(evidence: Evidence) -> list[str]:
    """Copies of a notice are the messages that say the same in the same chat and were not accepted.

    Who asks where their document is may be answered in the words of the last notice: answers are no copies.
    """
    shown = _shown(evidence)
    accepted, answers = set[tuple[Chat, str]](), set[tuple[Chat, str]]()
    doubtful = Counter[Chat]()
    for row in _for_somebody(evidence.deliveries):
        chat = evidence.chats[row["id"]]
        doubtful[chat] += row["unknowns"]
        if row["state"] == "accepted":
            (accepted if row["kind"] == "notice" else answers).add((chat, row["message_reference"]))
    texts = Counter((place[0], shown[place]["text"]) for place in accepted & shown.keys())
    copies = Counter((place[0], shown[place]["text"]) for place in shown.keys() - answers)
    extra = Counter[Chat]()
    for (chat, text), count in texts.items():
        extra[chat] += copies[chat, text] - count
    return [
        *(
            f"chat {chat} shows {count} copies, only {doubtful[chat]} attempts were unknown"
            for chat, count in extra.items()
            if count > doubtful[chat]
        ),
        *(
            f"chat {chat} shows {copies[chat, text]} copies of a message"
            for (chat, text), count in texts.items()
            if copies[chat, text] > MAX_COPIES * count
        ),
    ]


def _never_backwards(evidence: Evidence) -> list[str]:
    told: dict[UUID, list[tuple[int, int]]] = defaultdict(list)
    for row in evidence.deliveries:
        if row["revision"] is not None and row["state"] == "accepted":
            told[row["subscription_id"]].append((int(row["message_reference"]), row["revision"]))
    wrong = [
        subscription
        for subscription, pairs in told.items()
        if [revision for _, revision in sorted(pairs)] != sorted(revision for _, revision in pairs)
    ]
    return [f"{len(wrong)} people saw an older stage after a newer one"] if wrong else []


def _nobody_else_is_told(evidence: Evidence) -> list[str]:
    strangers = {message["citizen_id"] for message in _shown(evidence).values()} - evidence.followers
    return [f"chats {sorted(strangers)} were written to and follow nothing"] if strangers else []


def _followers_are_on_record(evidence: Evidence) -> list[str]:
    """Nobody of the sample leaves, so whoever the tracker knows to follow is known to the notifier."""
    lost = sum(row["recipient_id"] is None for row in evidence.deliveries if row["kind"] == "notice")
    return [f"{lost} notices were for followers who are not on record"] if lost else []
