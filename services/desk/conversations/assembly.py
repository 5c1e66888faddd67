"""Puts together what the desk does with conversations."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts.catalogue import Catalogue, DeskTerms
from runtime.clock import Clock
from runtime.database import gauges
from runtime.database.gauges import Pace
from runtime.database.lease import Lease
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.database.purge import purging
from runtime.logs import logger
from runtime.process.lifecycle import Stop
from services.desk.conversations.consumer import TalkConsumer
from services.desk.conversations.conversations import Conversations
from services.desk.conversations.ground import Ground, Terms
from services.desk.conversations.intake import Intake, Subjects
from services.desk.conversations.keeping import BATCH, ROLE, Keeping
from services.desk.conversations.queue import Audit, Queue
from services.desk.conversations.reading import Reading
from services.desk.conversations.replying import Replying
from services.desk.conversations.sealing import Texts
from services.desk.conversations.telling import Telling
from services.desk.conversations.watching import Watching
from services.desk.domain.queueing import GENERAL
from services.desk.domain.working_hours import WorkingHours
from services.desk.metrics import Metrics
from services.desk.staff.audit import audit as staff_audit
from worktime.calendar import calendar_of

LOG = logger(__name__)
ALWAYS = "24/7"
LOOKS = Pace(least=5.0, most=30.0)


@dataclass(frozen=True)
class People:
    """What people of the agency need: pages call `conversations`, the rest runs by itself."""

    conversations: Conversations
    intake: Intake
    consumer: TalkConsumer
    keeping: Keeping
    telling: Telling
    watching: Watching

    @classmethod
    def of(cls, ground: Ground, texts: Texts, catalogue: Catalogue, audit: Audit = staff_audit) -> "People":
        """Put it together for an agency."""
        zone = ZoneInfo(catalogue.agency.time_zone)
        topics = {answer.id: answer.topic for answer in catalogue.answers.values()}
        telling = Telling(ground)
        watching = Watching(ground, telling, zone)
        replying = Replying(ground, texts, audit)
        queue, reading = Queue(ground, audit), Reading(ground.pool, texts, audit)
        named = {*topics.values(), *catalogue.documents, *ground.terms.desk.topics, GENERAL}
        intake = Intake(ground, telling, Subjects(topics, zone))
        return cls(
            Conversations(queue, reading, replying, watching, named),
            intake,
            TalkConsumer(intake, ground.clock, ground.metrics),
            Keeping(ground, replying, watching),
            telling,
            watching,
        )

    def loops(
        self, lease: Callable[[str], Lease], clock: Clock, stop: Stop
    ) -> Sequence[Callable[[], Awaitable[None]]]:
        """Return what runs by itself; `lease` makes the claim on a role."""
        return [
            lambda: self.keeping.run(stop),
            lambda: self.telling.run(stop),
            lambda: purging(lease(ROLE), self.keeping.purge, BATCH, stop),
            lambda: gauges.keep(self.watching.look, LOOKS, clock=clock, stop=stop),
        ]


def terms_of(catalogue: Catalogue) -> Terms:
    """Return an agency's terms; hours that cannot be told count as always, as the catalogue's check says."""
    desk = catalogue.agency.desk or DeskTerms(hours=ALWAYS)
    calendar, zone = calendar_of(catalogue.agency.holidays), ZoneInfo(catalogue.agency.time_zone)
    try:
        hours = WorkingHours(desk.hours, calendar, zone)
    except ValueError as error:
        LOG.warning("the desk counts as open at any time", reason=str(error))
        hours = WorkingHours(ALWAYS, calendar, zone)
    return Terms(desk, hours)


def ground_of(pool: Pool, outbox: Outbox, clock: Clock, catalogue: Catalogue, metrics: Metrics) -> Ground:
    """Return what conversations stand on."""
    return Ground(pool, outbox, clock, terms_of(catalogue), metrics)
