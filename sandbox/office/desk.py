"""What the clerk does: registers applications, prints their receipts, stamps their stages."""

import asyncio
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from contracts.catalogue import Catalogue
from runtime.clock import Clock
from sandbox.agency.numbers import numbers
from sandbox.deeds import BadDeedError, NotPossibleError, UnknownThingError
from sandbox.office.ingest import Ingest, IngestRefusesError
from sandbox.office.model import Application, next_stages
from sandbox.office.store import DeskStore
from sandbox.telegram.world.model import Json, Receipt

EVENT_TYPE = "docwatch.stage.v1"


@dataclass(frozen=True)
class Desk:
    """The clerk's desk; `lay_out` puts a receipt where citizens can scan it."""

    catalogue: Catalogue
    ingest: Ingest
    store: DeskStore
    clock: Clock
    lay_out: Callable[[Receipt], object]
    _applications: dict[str, Application] = field(default_factory=dict)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """Take up what was written down before."""
        stored = reversed(list(self.store.applications()))
        self._applications.update((application.receipt_id, application) for application in stored)

    @property
    def applications(self) -> tuple[Application, ...]:
        """Return every application, the newest first."""
        return tuple(reversed(self._applications.values()))

    def reset(self) -> None:
        """Forget every application."""
        self.store.wipe()
        self._applications.clear()

    async def register(self, document_type: str, holder: str, office: str, number: str | None) -> Application:
        """Write an application down, issue its receipt and stamp its first stage; raise WorldError."""
        document = self.catalogue.documents.get(document_type)
        if document is None:
            raise BadDeedError("the agency has no such document")
        receipt_id = f"desk-{secrets.token_hex(5)}"
        number = number or numbers(random.SystemRandom(), 1)[0]
        issued = await self.ingest.issue(receipt_id, number, document_type)
        link = issued["links"].get("telegram", "")
        application = Application(receipt_id, number, document_type, holder, office, issued["code"], link)
        self._keep(application)
        name = self.catalogue.text(document.name, "en")
        self.lay_out(Receipt(receipt_id, name, holder, application.code, link, links=issued["links"]))
        return await self.stamp(receipt_id, document.stages[0], office)

    async def stamp(self, receipt_id: str, stage: str, office: str) -> Application:
        """Publish a stage; raise WorldError.

        After an answer that does not come, the next stamp first sends the unanswered event again as it was.
        """
        # Two tabs may stamp at once, and an event's id counts the stamps before it.
        async with self._one_at_a_time:
            return await self._stamp(self._found(receipt_id), stage, office)

    async def _stamp(self, application: Application, stage: str, office: str) -> Application:
        if application.pending is not None:
            application = await self._send(application, application.pending)
            if application.stage == stage:
                return application
        if stage not in next_stages(self.catalogue, application):
            raise NotPossibleError("the application cannot come to this stage now")
        if office and office not in self.catalogue.offices:
            raise BadDeedError("the agency has no such office")
        event = await self._event(application, stage, office)
        application = replace(application, office=office, pending=event)
        self._keep(application)
        return await self._send(application, event)

    async def _event(self, application: Application, stage: str, office: str) -> Json:
        data = {
            "application_number": application.number,
            "document_type": application.document_type,
            "stage": stage,
        }
        return {
            "specversion": "1.0",
            "type": EVENT_TYPE,
            "source": await self.ingest.publisher(),
            "id": f"{application.receipt_id}-{len(application.stamped) + 1}",
            "time": self.clock.now().isoformat(),
            "data": data | ({"office": office} if office else {}),
        }

    async def _send(self, application: Application, event: Json) -> Application:
        try:
            await self.ingest.publish(event)
        except IngestRefusesError:
            self._keep(replace(application, pending=None))
            raise
        stamped = (*application.stamped, event["data"]["stage"])
        application = replace(application, stamped=stamped, pending=None)
        self._keep(application)
        return application

    def _keep(self, application: Application) -> None:
        self._applications[application.receipt_id] = application
        self.store.put(application)

    def _found(self, receipt_id: str) -> Application:
        application = self._applications.get(receipt_id)
        if application is None:
            raise UnknownThingError("there is no such application")
        return application
