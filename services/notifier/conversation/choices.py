"""Choices by number, where a messenger has no buttons: a typed number is taken for a tap.

It counts for what was shown last. The choices of an answer are kept, those of a notice follow from it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from contracts.messages.notice import NOTICE
from runtime.database import sql
from runtime.database.postgres import Pool
from services.notifier.channels.base import Capabilities
from services.notifier.channels.fitting import fitted
from services.notifier.delivery.store import Store, Unit
from services.notifier.domain.actions import Outbound
from services.notifier.domain.incoming import Incoming, Said, Tapped
from services.notifier.domain.preferences import Asked, Reader
from services.notifier.recipients.addresses import Place, Recipient, Recipients
from services.notifier.wording.i18n import Voice
from services.notifier.wording.notices import render_notice

SQL = sql.load("services.notifier.conversation", "choices.sql")
_NUMBER = re.compile(r"\s*([1-9][0-9]?)\s*[.)]?\s*")


@dataclass(frozen=True)
class Fit:
    """Answers as a messenger can show them, and the data of what can be chosen by number."""

    answers: tuple[Outbound, ...]
    choices: tuple[str, ...]


def fit(answers: Sequence[Outbound], able: Capabilities) -> Fit:
    """Return answers as a messenger can show them; their choices are numbered through."""
    parts: list[Outbound] = []
    choices: list[str] = []
    for answer in answers:
        made = fitted(answer.message, able, len(choices) + 1)
        parts += (replace(answer, message=message) for message in made.messages)
        choices += made.choices
    return Fit(tuple(parts), tuple(choices))


@dataclass(frozen=True)
class Choices:
    """The choices of one channel's people; where it has buttons there is nothing to do."""

    pool: Pool
    store: Store
    recipients: Recipients
    able: Capabilities
    voice: Voice

    @property
    def closed(self) -> "Choices":
        """Return the same with nothing to choose: of whom we forget nothing is kept."""
        return replace(self, able=replace(self.able, converses=False))

    async def keep(
        self,
        unit: Unit,
        place: Place,
        incoming: Incoming,
        answers: Sequence[Outbound],
        *,
        instead: Sequence[Outbound],
    ) -> None:
        """Store answers as the messenger can show them, and what the numbers in them mean from now on."""
        made = fit(answers, self.able)
        await self.store.store_answers(
            unit, self.recipients, place, incoming.update, made.answers, instead=instead
        )
        if answers and not self.able.buttons:
            asked = Asked(made.choices, datetime.now(UTC))
            await self.recipients.preferences.ask(unit.connection, place.recipient_id, asked)

    async def meant(self, incoming: Incoming, person: Recipient | None) -> Incoming:
        """Return a typed number as the tap that it stands for; anything else as it came."""
        if self.able.buttons or person is None or not isinstance(incoming.body, Said):
            return incoming
        number = _NUMBER.fullmatch(incoming.body.text)
        if number is None:
            return incoming
        choices, place = await self._open(person), int(number[1]) - 1
        return incoming if place >= len(choices) else replace(incoming, body=Tapped(choices[place], None, ""))

    async def _open(self, person: Recipient) -> Sequence[str]:
        """Return the choices of what a person was shown last."""
        asked, known = person.personal.asked, person.known
        told_at = person.id, self.recipients.channel
        row = None if known is None else await self.pool.fetchrow(SQL["newest_notice"], *told_at)
        if known is None or row is None or (asked is not None and asked.at > row["ended_at"]):
            return () if asked is None else asked.choices
        reader = Reader(known.language, known.zone, known.personal)
        told = render_notice(NOTICE.validate_json(row["payload"]), reader, self.voice)
        return fitted(told, self.able).choices
