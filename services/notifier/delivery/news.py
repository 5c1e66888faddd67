"""Takes news of appointments in: deliveries that go the way of notices, held back in quiet hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.messages.dead import DeadLetter, dead_letter_id
from contracts.messages.desk.appointments import NEWS, AppointmentNews
from contracts.streams import DEAD_APPOINTMENTS_SUBJECT
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.outbox import Row
from runtime.database.stream_batches import take_in
from runtime.logs import logger
from runtime.messaging.jetstream import sequence_of
from services.notifier.delivery.store import Store, Unit
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.recipients.addresses import own_hours

SQL = sql.load("services.notifier.delivery", "news.sql")
QUIET = sql.load("services.notifier.delivery", "intake.sql")
LOG = logger(__name__)
_DEAD = UUID("e8f9d7a2-5b1c-4d3e-9a6f-7c8b2d1e0f34")
Item = AppointmentNews | Row


@dataclass(frozen=True)
class NewsIntake:
    """Stores what arrives on the stream of appointments; the same again changes nothing."""

    store: Store
    clock: Clock
    quiet: Quiet

    def read(self, message: Msg) -> tuple[Msg, Item]:
        """Read one message; one that cannot be read becomes a dead letter."""
        try:
            return message, NEWS.validate_json(message.data)
        except ValidationError as error:
            return message, self._dead(message, "undecodable", f"{error.error_count()} errors")

    async def handle(self, batch: list[tuple[Msg, Item]]) -> None:
        """Store a batch, then ack it; one by one where the database refuses the data of one of them."""
        await take_in(batch, self.take, self._dead)

    async def take(self, items: Sequence[Item]) -> None:
        """Store news in order; raises whatever the database says."""
        async with self.store.unit() as unit:
            for item in items:
                if isinstance(item, Row):
                    unit.outgoing.append(item)
                else:
                    await self._store(unit, item)

    async def _store(self, unit: Unit, news: AppointmentNews) -> None:
        older = await unit.connection.fetch(SQL["drop_older"], news.subscription_id, news.kind, news.news_id)
        unit.note(older)
        rows = await unit.connection.fetch(
            SQL["store_news"],
            news.news_id,
            news.recipient_id,
            news.subscription_id,
            news.encoded().decode(),
            news.at,
            news.expires_at,
            await self._held(unit, news),
            *self.store.carriers,
        )
        unit.note(rows)
        unit.keep(rows)

    async def _held(self, unit: Unit, news: AppointmentNews) -> datetime | None:
        """Return when it may be told: at the end of the reader's quiet hours, where those have begun."""
        row = await unit.connection.fetchrow(QUIET["quiet_of"], [news.recipient_id])
        own = (None, None) if row is None else (row["time_zone"], own_hours(row))
        return self.quiet.until(self.clock.now(), *own)

    def _dead(self, message: Msg, reason: str, detail: str) -> Row:
        LOG.error(
            "news of an appointment are dead", sequence=sequence_of(message), reason=reason, detail=detail
        )
        letter = DeadLetter.of(message, reason, detail, self.clock.now())
        return Row(dead_letter_id(_DEAD, message), DEAD_APPOINTMENTS_SUBJECT, letter.encoded())


async def drop_reminders(unit: Unit, recipient: UUID, subscription: UUID) -> None:
    """End what waits of somebody's news about one document, which they have just changed themselves."""
    unit.note(await unit.connection.fetch(SQL["drop_reminders"], recipient, subscription))
