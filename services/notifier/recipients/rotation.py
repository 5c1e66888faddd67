"""Sealing all that is sealed anew under the current key, and what a version before left in clear.

That is addresses, private choices, confirmations, answers that wait, what was answered last, the
conversations of citizens' pages and subscriptions to pushes. Notifiers may run beside it: a row is changed
only where nobody changed it meanwhile. When no row is left under an old key, that key can be taken out.
"""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from contracts.messages.ids import RecipientId
from runtime.database import sql
from runtime.database.postgres import Pool, transaction
from runtime.keyring import DecryptionError, KeyRing, Sealed, row_context
from services.notifier.domain.addresses.pushes import LOOKUP, sealing_context, unpacked
from services.notifier.recipients import confirmations, last_answers, preferences
from services.notifier.recipients.addresses import resealed
from services.notifier.recipients.sealed_answers import Answers

SQL = sql.load("services.notifier.recipients", "rotation.sql")

BATCH = 500
_FIRST = UUID(int=0)
_INSTEAD = "…"
"""For notifiers that cannot open an answer which was in clear: its reader's language is not known here."""


@dataclass(frozen=True)
class Rotation:
    """What was done: rows sealed anew, rows that no key of the ring opens, and how many each key has left."""

    resealed: int
    unreadable: int
    left: dict[str, int]


async def rotate(pool: Pool, ring: KeyRing, *, batch: int = BATCH) -> Rotation:
    """Seal everything under the ring's current key, in small batches; may be run again at any time."""
    counts: Counter[str] = Counter()
    kinds = (
        (SQL["sealed_otherwise"], _reseal),
        (SQL["personal_otherwise"], _reseal_personal),
        (SQL["answers_otherwise"], _reseal_answer),
        (SQL["confirmations_otherwise"], _reseal_confirmation),
        (SQL["last_answers_otherwise"], _reseal_last_answer),
        (SQL["page_messages_otherwise"], _reseal_page_message),
        (SQL["pushes_otherwise"], _reseal_push),
    )
    await pool.execute(SQL["drop_page_facts"], ring.current)
    for query, reseal in kinds:
        after = _FIRST
        while rows := await pool.fetch(query, ring.current, after, batch):
            for row in rows:
                counts[await reseal(pool, ring, row)] += 1
            after = rows[-1]["id"]
    left = {row["key_id"]: row["people"] for row in await pool.fetch(SQL["count_by_key"])}
    return Rotation(counts["resealed"], counts["unreadable"], left)


async def _reseal(pool: Pool, ring: KeyRing, row: asyncpg.Record) -> str:
    try:
        sealed, lookup = resealed(ring, row["id"], row["channel"], Sealed(row["key_id"], row["address"]))
    except DecryptionError:
        return "unreadable"
    try:
        async with transaction(pool) as connection:
            done = await connection.fetchval(
                SQL["reseal"], row["id"], row["address"], lookup, sealed.box, sealed.key_id
            )
    except asyncpg.UniqueViolationError:
        # Somebody with the same address came to be under the current key; the older row keeps its own.
        return "clash"
    return "changed" if done is None else "resealed"


async def _reseal_personal(pool: Pool, ring: KeyRing, row: asyncpg.Record) -> str:
    try:
        sealed = preferences.resealed(ring, RecipientId(row["id"]), row["personal_key_id"], row["personal"])
    except DecryptionError:
        return "unreadable"
    done = await pool.fetchval(SQL["reseal_personal"], row["id"], row["personal"], sealed.box, sealed.key_id)
    return "changed" if done is None else "resealed"


async def _reseal_push(pool: Pool, ring: KeyRing, row: asyncpg.Record) -> str:
    context = sealing_context(row["id"])
    try:
        plain = ring.open(Sealed(row["key_id"], row["box"]), context)
    except DecryptionError:
        return "unreadable"
    sealed = ring.seal(plain, context)
    lookup = ring.lookup(sealed.key_id, LOOKUP, unpacked(plain).endpoint)
    done = await pool.fetchval(SQL["reseal_push"], row["id"], row["box"], lookup, sealed.box, sealed.key_id)
    return "changed" if done is None else "resealed"


async def _reseal_answer(pool: Pool, ring: KeyRing, row: asyncpg.Record) -> str:
    try:
        sealed = Answers(ring).resealed(row["id"], row["payload"], _INSTEAD)
    except DecryptionError:
        return "unreadable"
    done = await pool.fetchval(SQL["reseal_answer"], row["id"], row["payload"], sealed)
    return "changed" if done is None else "resealed"


async def _reseal_page_message(pool: Pool, ring: KeyRing, row: asyncpg.Record) -> str:
    context = row_context("page_message.box", row["id"])
    try:
        sealed = ring.seal(ring.open(Sealed(row["key_id"], row["box"]), context), context)
    except DecryptionError:
        return "unreadable"
    done = await pool.fetchval(SQL["reseal_page_message"], row["id"], row["box"], sealed.box, sealed.key_id)
    return "changed" if done is None else "resealed"


async def _reseal_last_answer(pool: Pool, ring: KeyRing, row: asyncpg.Record) -> str:
    context = last_answers.context(row["id"])
    try:
        sealed = ring.seal(ring.open(Sealed(row["key_id"], row["box"]), context), context)
    except DecryptionError:
        return "unreadable"
    done = await pool.fetchval(SQL["reseal_last_answer"], row["id"], row["box"], sealed.box, sealed.key_id)
    return "changed" if done is None else "resealed"


async def _reseal_confirmation(pool: Pool, ring: KeyRing, row: asyncpg.Record) -> str:
    try:
        sealed, lookup = confirmations.resealed(
            ring, row["id"], row["account"], Sealed(row["key_id"], row["box"])
        )
    except DecryptionError:
        return "unreadable"
    changed = (row["id"], row["box"], lookup, sealed.box, sealed.key_id)
    done = await pool.fetchval(SQL["reseal_confirmation"], *changed)
    return "changed" if done is None else "resealed"
