"""A file for people who answer: judged by what was fetched, kept or refused, and what its sender is told."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from services.notifier.conversation.citizen import Citizen, language_of, say
from services.notifier.conversation.inquiries import people
from services.notifier.delivery.store import Unit
from services.notifier.domain.actions import Action, Reply
from services.notifier.domain.handover import Refusal
from services.notifier.domain.incoming import Incoming
from services.notifier.files.content import cleaned
from services.notifier.files.keeping import Files, Kept, NewFile
from services.notifier.metrics import AccountMetrics
from services.notifier.recipients.addresses import Place
from services.notifier.recipients.conversations import Speaker
from services.notifier.wording import prompts


@dataclass(frozen=True)
class Sending:
    """Sends files to people on an agency's terms; None: they take none."""

    files: Files | None
    account: str
    metrics: AccountMetrics

    @property
    def most(self) -> int:
        """Return the most bytes of a file; 0 where none are taken."""
        return 0 if self.files is None else self.files.terms.most_bytes

    async def judged(self, data: bytes | None, conversation: UUID, update: str) -> NewFile | Refusal:
        """Return what was fetched as it is to be kept, or why it is refused; None was not there to fetch."""
        if self.files is None:
            return "off"
        if data is None:
            return "gone"
        content = await asyncio.to_thread(cleaned, data)
        if isinstance(content, str):
            return content
        if content.type not in self.files.terms.types:
            return "type"
        if len(content.data) > self.files.terms.most_bytes:
            return "large"
        return await self.files.sealed(conversation, self.account, update, content)

    async def settle(
        self, unit: Unit, judged: NewFile | Refusal, place: Place, incoming: Incoming, citizen: Citizen
    ) -> Kept | Refusal:
        """Keep a file in the transaction that answers its sender; return what came of it."""
        if isinstance(judged, str) or self.files is None:
            return judged if isinstance(judged, str) else "off"
        language = language_of(incoming, citizen.known)
        speaker = Speaker(place, self.account, incoming.update, language, incoming.at)
        content = judged.content
        named = prompts.file_named(citizen.speech, content.type, len(content.data))
        return await self.files.keep(unit, judged, named, speaker)

    def told(self, came: Kept | Refusal, conversation: UUID, citizen: Citizen) -> Action:
        """Return the plan that tells what came of a file; while people answer, only of the first."""
        self.metrics.files.labels(result="kept" if came == "first" else came).inc()
        match came:
            case "first" if self.files is not None:
                days = self.files.terms.keep_days
                return say(prompts.file_kept(citizen.speech, days, conversation))
            case "first" | "kept":
                return Reply(())
            case "over":
                return say(prompts.talk_over(citizen.speech))
            case _:
                return people.refused(came, conversation, citizen)
