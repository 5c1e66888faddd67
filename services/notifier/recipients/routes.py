"""The addresses of a person as a route: their order, one taken off, and links by which one is added."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from contracts.messages.ids import RecipientId
from runtime.database import sql
from runtime.database.postgres import Connection, Pool
from services.notifier.domain.addresses.ways import Way
from services.notifier.domain.preferences import Detail
from services.notifier.recipients.addresses import Place

SQL = sql.load("services.notifier.recipients", "routes.sql")
INVITATION_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class Inviter:
    """Who gave a secret: who it is, and at which address and account they did, or are reached first now."""

    recipient_id: RecipientId
    address_id: UUID
    account: str

    @property
    def place(self) -> Place:
        """Return where they are told what came of it."""
        return Place(self.recipient_id, self.address_id)


async def ways_of(connection: Connection | Pool, recipient: RecipientId) -> Sequence[Way]:
    """Return where somebody is reached, in their order."""
    rows = await connection.fetch(SQL["addresses_of"], recipient)
    return [
        Way(row["id"], row["channel"], row["unreachable_since"] is None, row["heard_at"], row["detail"])
        for row in rows
    ]


async def own_order(connection: Connection | Pool, recipient: RecipientId) -> bool:
    """Tell whether somebody chose the order of their addresses."""
    return bool(await connection.fetchval(SQL["own_order"], recipient))


async def put_first(connection: Connection, recipient: RecipientId, address: UUID) -> None:
    """Have an address tried before somebody's others; nothing where it is not theirs."""
    await connection.execute(SQL["hold_route"], recipient)
    if await connection.fetchval(SQL["has_address"], recipient, address):
        await connection.execute(SQL["put_first"], recipient, address)
        await connection.execute(SQL["order_is_own"], recipient)


async def agencys_order(connection: Connection, recipient: RecipientId, accounts: Sequence[str]) -> None:
    """Have addresses tried in the agency's order of accounts, unless their owner has one of their own."""
    if accounts:
        await connection.execute(SQL["agencys_order"], recipient, list(accounts))


async def tell_at(connection: Connection, recipient: RecipientId, address: UUID, detail: Detail) -> None:
    """Tell so much at an address from now on; nothing where it is not theirs."""
    await connection.execute(SQL["hold_route"], recipient)
    await connection.execute(SQL["tell_at"], recipient, address, detail)


async def drop(
    connection: Connection, recipient: RecipientId, address: UUID
) -> Literal["dropped", "last", "gone"]:
    """Take an address off somebody's route, unless nothing would be left that can be written to.

    Tells what was done: `gone` means that it is not theirs.
    """
    await connection.execute(SQL["hold_route"], recipient)
    if not await connection.fetchval(SQL["has_address"], recipient, address):
        return "gone"
    if await connection.fetchval(SQL["drop_address"], recipient, address) is None:
        return "last"
    # No address has this look-up value: it is where a version before looks for the founding one.
    await connection.execute(SQL["empty_founding"], recipient, address, secrets.token_bytes(32))
    return "dropped"


async def invite(
    connection: Connection, recipient: RecipientId, given: Collection[str], *, at: UUID | None
) -> None:
    """Let whoever brings one of these within a day be somebody at another address, once each.

    They take the place of those given before that nobody has used. `at` is the address that asked for them.
    """
    await connection.execute(SQL["forget_invitations"])
    await connection.execute(SQL["take_back"], recipient)
    digests = [_digest(secret) for secret in given]
    await connection.execute(SQL["invite"], digests, recipient, INVITATION_LIFE, at)


async def invited_by(connection: Connection | Pool, secret: str, address: UUID | None) -> Inviter | None:
    """Return who gave a secret that still works at this address; None for any other."""
    row = await connection.fetchrow(SQL["invited_by"], _digest(secret), address)
    if row is None:
        return None
    return Inviter(RecipientId(row["recipient_id"]), row["address_id"], row["channel"])


async def use_invitation(connection: Connection | Pool, secret: str, address: UUID) -> bool:
    """Use a secret up at an address, where it may be used again; False for one that does not work there."""
    return await connection.fetchval(SQL["use_invitation"], _digest(secret), address) is not None


async def ask_once(connection: Connection, recipient: RecipientId) -> bool:
    """Tell whether to ask somebody for a second address: they have one, and were never asked."""
    return await connection.fetchval(SQL["ask_once"], recipient) is not None


def _digest(secret: str) -> bytes:
    """Return what is kept of a secret, which has 128 random bits."""
    return hashlib.sha256(secret.encode()).digest()
