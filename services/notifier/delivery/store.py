"""Deliveries in PostgreSQL: every end is reported by the outbox of the same transaction."""

import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

import asyncpg

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.forget import Forget
from contracts.messages.ids import RecipientId
from contracts.messages.notice import Notice
from contracts.streams import FORGET_SUBJECT
from runtime.database import sql
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import Connection, Pool, transaction, wait_for_standby
from runtime.tracing import current
from services.notifier.delivery.at_once import AtOnce, Tenure
from services.notifier.delivery.ends import (
    EndedDelivery,
    ended_of,
    failures,
    languages_of,
    replies_ended,
    report,
)
from services.notifier.domain import deliveries
from services.notifier.domain.actions import Outbound
from services.notifier.domain.addresses.routes import Carriers
from services.notifier.domain.deliveries import DeliveryClass
from services.notifier.metrics import Metrics
from services.notifier.recipients import conversations
from services.notifier.recipients.addresses import Place, Recipients
from services.notifier.recipients.guests import forget_idle

SQL = sql.load("services.notifier.delivery", "store.sql")
WAKE_CHANNEL = "docwatch_notifier"
ANY_CARRIER = Carriers()
NO_TENURES: Mapping[str, Tenure] = MappingProxyType({})


@dataclass(frozen=True)
class Arrival:
    """A notice to keep: what it is, how urgent, until when it is worth sending and is held back.

    `payload` is the notice as it came, with what a newer tracker may tell besides; `trace` names the span
    under which it is taken in. `reach_within` is how long an address has for it; None: as long as it takes.
    """

    notice: Notice
    payload: bytes
    urgency: DeliveryClass
    expires_at: datetime
    held_until: datetime | None = None
    trace: str | None = None
    reach_within: timedelta | None = None

    @property
    def actionable(self) -> bool:
        """Tell whether its reader has something to do."""
        return self.urgency is DeliveryClass.ACTIONABLE

    @property
    def revision(self) -> int | None:
        """Return the age of what it says; None where a newer stage does not make it pointless."""
        return deliveries.revision_of(self.notice)

    @property
    def text(self) -> str:
        """Return the payload as the database takes JSON."""
        return self.payload.decode()


_ARRIVAL = (
    "notice.notice_id",
    "notice.recipient_id",
    "urgency",
    "notice.subscription_id",
    "revision",
    "text",
    "notice.created_at",
    "expires_at",
    "held_until",
    "trace",
    "actionable",
    "reach_within",
)
"""The columns of `store_notices`, in its order."""


@dataclass
class Unit:
    """One transaction: what ended in it, what else to publish, and who may have nothing to wait for now.

    `doubtful` are notices of which a message failed, or was to be told once more and was not. `stored` is
    what is new and may go out, by account, and `woken` are accounts at which something else may go out.
    """

    connection: Connection
    ended: list[EndedDelivery] = field(default_factory=list)
    doubtful: set[UUID] = field(default_factory=set)
    outgoing: list[Row] = field(default_factory=list)
    guests: set[UUID] = field(default_factory=set)
    stored: dict[str, list[UUID]] = field(default_factory=dict)
    woken: set[str] = field(default_factory=set)

    def note(self, rows: Iterable[asyncpg.Record]) -> None:
        """Take down deliveries that ended; rows of others are passed over."""
        for row in rows:
            if row["ended_at"] is not None:
                self.ended.append(ended_of(row))
                if row["follows"] is not None and row["state"] != DeliveryEnd.ACCEPTED:
                    self.doubtful.add(row["follows"])
                # The result of storing names no recipient: nobody is forgotten then.
                if (recipient := row.get("recipient_id")) is not None:
                    self.guests.add(recipient)

    def keep(self, rows: Iterable[asyncpg.Record]) -> None:
        """Take down deliveries that are new; those that ended at once are passed over."""
        for row in rows:
            if row["ended_at"] is None:
                self.stored.setdefault(row["channel"], []).append(row["id"])

    def wake(self, accounts: Iterable[str | None]) -> None:
        """Have the owners of these accounts told that there is something to send, once this commits."""
        self.woken.update(account for account in accounts if account is not None)


class Store:
    """Writes deliveries and their ends."""

    def __init__(
        self,
        pool: Pool,
        outbox: Outbox,
        metrics: Metrics,
        carriers: Carriers = ANY_CARRIER,
        *,
        tenures: Mapping[str, Tenure] = NO_TENURES,
        staffed: bool = False,
    ) -> None:
        """`staffed`: answers of people are among those that are sent, and the desk is told how they ended."""
        self._staffed = staffed
        self._pool = pool
        self._tenures = tenures
        self.carriers = (carriers.everything, carriers.urgent)
        self.order = carriers.order
        self._outbox = outbox
        self._metrics = metrics

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Unit]:
        """Run a block in one transaction that also reports the ends and forgets idle guests.

        What it stores is claimed at once where that can be, and the owners of accounts are told of the rest.
        """
        with AtOnce(self._tenures) as at_once:
            async with transaction(self._pool) as connection:
                unit = Unit(connection)
                yield unit
                rows = await self._reports(unit)
                await self._outbox.insert(connection, rows)
                unit.wake(await at_once.claim(connection, unit.stored))
                if unit.woken:
                    await connection.execute(SQL["wake_senders"], sorted(unit.woken))
        self._outbox.committed(rows)
        for ended in unit.ended:
            self._metrics.ended(ended.account, ended.kind, ended.end.value, ended.reason)

    async def _reports(self, unit: Unit) -> list[Row]:
        """Forget idle guests; return all that is to be published of what was done."""
        connection, told = unit.connection, [ended for ended in unit.ended if ended.kind == "notice"]
        languages = await languages_of(connection, told)
        await forget_idle(connection, unit.guests)
        outgoing = [*unit.outgoing, *await failures(connection, unit.doubtful)]
        if self._staffed:
            outgoing += await replies_ended(connection, unit.ended)
        return [*outgoing, *(report(ended, languages.get(ended.id)) for ended in told)]

    async def store_notices(self, unit: Unit, notices: Sequence[Arrival]) -> None:
        """Keep notices in order; those kept before are left as they are, those withdrawn before end so."""
        await unit.connection.execute(SQL["share_withdrawals"])
        columns = sql.columns_of(notices, _ARRIVAL)
        stored = await unit.connection.fetch(SQL["store_notices"], *columns, *self.carriers)
        unit.note(stored)
        if len(stored) < len(notices):
            await wait_for_standby(unit.connection)
        revisions = sql.columns_of(notices, ("notice.subscription_id", "revision"))
        rows = await unit.connection.fetch(SQL["late_of"], *revisions)
        if late := [row["subscription_id"] for row in rows]:
            await unit.connection.execute(SQL["put_in_line"], late)
            await self.end_overtaken_of(unit, late)
        unit.keep(stored)

    async def withdraw(self, unit: Unit, notices: Sequence[UUID], reason: str) -> None:
        """End these notices as withdrawn, those that have not come yet as soon as they do."""
        await self.hold_intake(unit)
        await unit.connection.execute(SQL["keep_withdrawals"], notices, reason)
        unit.note(await unit.connection.fetch(SQL["withdraw"], notices, reason))
        unit.note(await unit.connection.fetch(SQL["withdraw_followed"], notices, reason))
        await wait_for_standby(unit.connection)

    async def forget(self, unit: Unit, recipient: RecipientId, at: datetime) -> None:
        """End what waits for somebody, empty what was for them, free their addresses, tell the tracker."""
        await self.hold_intake(unit)
        unit.note(await unit.connection.fetch(SQL["forget_waiting"], recipient))
        await unit.connection.execute(SQL["forget_attempts"], recipient)
        await unit.connection.execute(SQL["forget_deliveries"], recipient)
        await unit.connection.execute(SQL["forget_confirmations"], recipient)
        # The person before their addresses, as everybody holds them.
        await unit.connection.execute(SQL["forget_address"], recipient, secrets.token_bytes(32))
        await unit.connection.execute(SQL["forget_addresses"], recipient)
        wish = Forget(recipient_id=recipient, at=at)
        unit.outgoing.append(Row(deliveries.forget_id(recipient), FORGET_SUBJECT, wish.encoded()))
        unit.outgoing.extend(await conversations.forget(unit.connection, recipient, at))

    async def hold_intake(self, unit: Unit) -> None:
        """Let nobody store notices until this commits."""
        await unit.connection.execute(SQL["hold_withdrawals"])

    async def delete(self, recipient: RecipientId) -> None:
        """Delete somebody for whom nothing is in the air."""
        await self._pool.execute(SQL["delete_recipients"], [recipient])

    async def erase(self, unit: Unit, recipient: RecipientId, guest: RecipientId) -> None:
        """Delete somebody; what is in the air for them is the guest's, whose row goes when that has ended."""
        await unit.connection.execute(SQL["move_flying"], recipient, guest)
        await unit.connection.execute(SQL["delete_recipients"], [recipient])

    async def store_answers(
        self,
        unit: Unit,
        recipients: Recipients,
        place: Place,
        update: str,
        answers: Sequence[Outbound],
        *,
        instead: Sequence[Outbound] = (),
    ) -> None:
        """Keep the answers to an update in order, sealed, each under an id that the update gives it.

        `instead` is what a notifier says in their place that cannot open them.
        """
        ids = [deliveries.answer_id(recipients.channel, update, number) for number in range(len(answers))]
        seal, apology = recipients.answers.seal, "\n\n".join(answer.message.shown for answer in instead)
        stored = await unit.connection.fetch(
            SQL["store_answers"],
            recipients.channel,
            place.recipient_id,
            deliveries.ANSWER_LIFE,
            ids,
            *sql.columns_of(answers, ("subscription_id", "revision")),
            [seal(delivery, answer.message, apology) for delivery, answer in zip(ids, answers, strict=True)],
            current(),
            place.address_id,
        )
        shown = [answer.subscription_id for answer in answers if answer.revision is not None]
        await self.end_overtaken_of(
            unit, [subscription for subscription in shown if subscription is not None]
        )
        unit.stored.setdefault(recipients.channel, []).extend(row["id"] for row in stored)

    async def end_overtaken_of(self, unit: Unit, subscriptions: Sequence[UUID]) -> None:
        """End what is older than something that was attempted for one of these subscriptions."""
        if not subscriptions:
            return
        unit.note(await unit.connection.fetch(SQL["end_overtaken_of"], subscriptions))

    async def leave_unreachable(self, unit: Unit, recipients: Sequence[UUID]) -> None:
        """Send what waits for these people where they cannot be written to on to their next addresses.

        What has none ends.
        """
        if recipients:
            rows = await unit.connection.fetch(SQL["leave_unreachable"], recipients, *self.carriers)
            unit.note(rows)
            unit.wake(row["channel"] for row in rows if row["ended_at"] is None)
            unit.guests.update(recipients)

    async def let_rest(self, unit: Unit, recipient: UUID, subscription: UUID | None) -> None:
        """Tell nothing once more of what somebody does not follow any more; None: nothing at all."""
        unit.note(await unit.connection.fetch(SQL["let_rest"], recipient, subscription))

    async def follow(self, unit: Unit, taken: Sequence[UUID]) -> None:
        """Tell notices once more at the next addresses of their routes, where that is worth it."""
        if taken:
            await unit.connection.execute(SQL["hold_taken"], taken)
            rows = await unit.connection.fetch(SQL["follow"], taken, *self.carriers)
            unit.wake(row["channel"] for row in rows)

    async def end_followed(self, unit: Unit, arrived: Sequence[UUID]) -> None:
        """Do not tell notices once more that have arrived."""
        if arrived:
            unit.note(await unit.connection.fetch(SQL["end_followed"], arrived))
