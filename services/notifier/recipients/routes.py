"""The addresses of a person as a route: their order, one taken off, and links by which one is added."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.messages.ids import RecipientId
from runtime.database import sql
from runtime.database.postgres import Connection, Pool

SQL = sql.load("services.notifier.recipients", "routes.sql")
INVITATION_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class Way:
    """An address as its owner sees it: the account, whether we can write there, when they last wrote."""

    address_id: UUID
    account: str
    reachable: bool
    heard_at: datetime


async def ways_of(connection: Connection | Pool, recipient: RecipientId) -> Sequence[Way]:
    """Return where somebody is reached, in their order."""
    rows = await connection.fetch(SQL["addresses_of"], recipient)
    return [Way(row["id"], row["channel"], row["unreachable_since"] is None, row["heard_at"]) for row in rows]


async def put_first(connection: Connection, recipient: RecipientId, address: UUID) -> None:
    """Have an address tried before somebody's others; nothing where it is not theirs."""
    await connection.execute(SQL["put_first"], recipient, address)


async def drop(connection: Connection, recipient: RecipientId, address: UUID) -> bool:
    """Take an address off somebody's route; tell whether it was theirs."""
    return await connection.fetchval(SQL["drop_address"], recipient, address) is not None


async def invite(connection: Connection, recipient: RecipientId, secret: str) -> None:
    """Let whoever brings this secret within a day be somebody at another address, once."""
    await connection.execute(SQL["forget_invitations"])
    await connection.execute(SQL["invite"], _digest(secret), recipient, INVITATION_LIFE)


async def invited_by(connection: Connection | Pool, secret: str, address: UUID | None) -> RecipientId | None:
    """Return who gave a secret that still works at this address; None for any other."""
    inviting = await connection.fetchval(SQL["invited_by"], _digest(secret), address)
    return None if inviting is None else RecipientId(inviting)


async def use_invitation(connection: Connection, secret: str, address: UUID) -> RecipientId | None:
    """Use a secret up at an address, where it may be used again; return who gave it, None for any other."""
    inviting = await connection.fetchval(SQL["use_invitation"], _digest(secret), address)
    return None if inviting is None else RecipientId(inviting)


def _digest(secret: str) -> bytes:
    """Return what is kept of a secret, which has 128 random bits."""
    return hashlib.sha256(secret.encode()).digest()
