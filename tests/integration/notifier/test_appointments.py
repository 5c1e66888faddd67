"""A citizen books, moves and gives back in the chat, and is reminded: notifier and desk for real.

Only what carries the calls between the two is not there; each writes its own tables.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from icalendar import Calendar

from contracts.messages.desk.appointments import (
    AppointmentNews,
    Book,
    Booked,
    GiveBack,
    GivenBack,
    NewsKind,
    OwnAnswer,
    OwnQuery,
    Refused,
    Slots,
    SlotsQuery,
    Wait,
    Waiting,
)
from contracts.messages.desk.ready import Ready
from contracts.messages.ids import Publisher, RecipientId, SubscriptionId
from contracts.messages.rpc import Followed
from runtime.database.postgres import open_pool
from runtime.messaging.jetstream import RpcUnavailableError
from services.desk.appointments.looking import Looking
from services.notifier.delivery.news import NewsIntake
from services.notifier.domain.incoming import Said, Tapped
from services.notifier.domain.messages import Message
from services.notifier.domain.quiet_hours import OwnHours, Quiet
from services.notifier.domain.results import Permanent
from services.notifier.inbound.updates import Updates
from services.notifier.wording.keyboard import callback_data
from services.notifier.wording.unasked import rendering
from tests.conftest import Databases
from tests.integration.desk.booking import KYIV, OFFICE, Counter, at
from tests.integration.notifier.test_inbound import did
from tests.integration.notifier.world import CLOCK, NEVER, World


@dataclass
class NearDesk:
    """The desk's own calls, without the wire between."""

    counter: Counter
    away: bool = False

    async def slots(self, recipient: RecipientId, subscription: UUID, day: date | None) -> Slots | Refused:
        """Ask the counter."""
        self._there()
        named = SubscriptionId(subscription)
        query = SlotsQuery(recipient_id=recipient, subscription_id=named, day=day)
        return await Looking(self.counter.booking).slots(query)

    async def book(
        self, recipient: RecipientId, subscription: UUID, starts_at: datetime, booking: UUID
    ) -> Booked | Refused:
        """Ask the counter."""
        self._there()
        return await self.counter.booking.book(
            Book(
                booking_id=booking,
                recipient_id=recipient,
                subscription_id=SubscriptionId(subscription),
                starts_at=starts_at,
            )
        )

    async def give_back(self, recipient: RecipientId, subscription: UUID) -> GivenBack | Refused:
        """Ask the counter."""
        self._there()
        named = SubscriptionId(subscription)
        return await self.counter.booking.give_back(GiveBack(recipient_id=recipient, subscription_id=named))

    async def wait(self, recipient: RecipientId, subscription: UUID, *, on: bool) -> Waiting | Refused:
        """Ask the counter."""
        self._there()
        named = SubscriptionId(subscription)
        return await self.counter.booking.wait(Wait(recipient_id=recipient, subscription_id=named, on=on))

    async def own(self, recipient: RecipientId) -> OwnAnswer | Refused:
        """Ask the counter."""
        self._there()
        return await Looking(self.counter.booking).own(OwnQuery(recipient_id=recipient))

    def _there(self) -> None:
        if self.away:
            raise RpcUnavailableError("the desk is away")


@dataclass
class Chat:
    """One citizen's chat whose ID card waits at the office with appointments."""

    world: World
    desk: NearDesk
    recipient: RecipientId
    subscription: SubscriptionId
    number: int = 0
    seen: list[Message] = field(default_factory=list)

    @property
    def updates(self) -> Updates:
        """Return the conversation, with the desk."""
        made = self.world.updates()
        return Updates(replace(made.handler, desk=self.desk))

    async def does(self, body: Said | Tapped) -> Message:
        """Do something; return the last answer."""
        self.number += 1
        await self.updates.take([did(self.number, body)])
        rows = await self.world.pool.fetch(
            "SELECT id, payload FROM delivery WHERE kind = 'answer' ORDER BY seq"
        )
        self.seen = [self.world.recipients.answers.open(row["id"], row["payload"]) for row in rows]
        return self.seen[-1]

    async def taps(self, message: Message, label: str) -> Message:
        """Tap the button whose label begins so."""
        found = [one for row in message.buttons for one in row if one.text.startswith(label)]
        assert found, [one.text for row in message.buttons for one in row]
        return await self.does(Tapped(found[0].data, None, "q"))

    async def opens(self) -> Message:
        """Tap what stands under the message that the document is ready."""
        return await self.does(Tapped(callback_data.about("time", self.subscription), None, "q"))

    async def books(self, day: str = "Tue, 3 Mar", hour: str = "09:30") -> Message:
        """Book a time from the list of days on."""
        chosen = await self.taps(await self.taps(await self.opens(), day), hour)
        return await self.taps(chosen, "Yes")


@pytest.fixture
async def chat(world: World, databases: Databases) -> AsyncIterator[Chat]:
    async with open_pool(databases.url("desk"), "desk") as pool:
        counter = Counter(pool, places=1)
        recipient, subscription = await world.person("7"), SubscriptionId(uuid4())
        counter.tracker.ready_[recipient, subscription] = Ready(
            application=uuid4(),
            recipient_id=recipient,
            subscription_id=subscription,
            publisher=Publisher("office"),
            document_type="id_card",
            stage="arrived",
            office=OFFICE,
        )
        now = datetime.now(UTC)
        world.tracker.followed = (
            Followed(
                subscription_id=subscription,
                document_type="id_card",
                masked="…123",
                revision=3,
                stage="arrived",
                office=OFFICE,
                occurred_at=now,
                since=now,
            ),
        )
        yield Chat(world, NearDesk(counter), recipient, subscription)


async def test_a_ready_document_offers_a_time(chat: Chat) -> None:
    """Where a document waits at an office with appointments, its message leads to a time; so does /time."""
    shown = await chat.does(Said("/status"))
    days = await chat.taps(shown, "Choose a time")
    assert "On which day" in days.shown
    assert days.shown == (await chat.does(Said("/time"))).shown


async def test_a_citizen_books_moves_and_gives_back(chat: Chat) -> None:
    """A day, a time, a yes; a move frees the time before; giving back is one tap; the table says so."""
    booked = await chat.books()
    assert "Booked" in booked.shown
    assert "Tuesday, 3 March, 09:30" in booked.shown
    assert await chat.desk.counter.standing() == [(at(9, 30, day=3), 0)]
    days = await chat.taps(booked, "Another time")
    assert "You have an appointment: Tuesday, 3 March, 09:30" in days.shown
    chosen = await chat.taps(await chat.taps(days, "Wed, 4 Mar"), "10:00")
    assert "Your time before is given back: Tuesday, 3 March, 09:30" in chosen.shown
    moved = await chat.taps(chosen, "Yes")
    assert "Moved" in moved.shown
    assert await chat.desk.counter.standing() == [(at(10, day=4), 0)]
    assert "Given back" in (await chat.taps(moved, "Give it back")).shown
    assert await chat.desk.counter.standing() == []


async def test_the_calendar_file_says_where_and_when_and_not_whose(chat: Chat) -> None:
    """The file of a booking is one event at the office's time, whose moved one takes its place."""
    booked = await chat.books()
    moved = await chat.taps(
        await chat.taps(await chat.taps(await chat.taps(booked, "Another"), "Wed"), "10"), "Yes"
    )
    events = []
    for message in (booked, moved):
        assert message.attachment is not None
        assert message.attachment.media_type == "text/calendar"
        (event,) = Calendar.from_ical(message.attachment.content).walk("VEVENT")
        events.append(event)
    assert [event["uid"] for event in events] == [events[0]["uid"]] * 2
    assert events[1].decoded("dtstart") == at(10, day=4)
    assert "Vinnytsia" in str(events[0]["location"])
    assert "…123" not in str(events[0])


async def test_a_time_that_went_meanwhile_is_told(chat: Chat) -> None:
    """Who says yes too late is told so, and nothing of theirs has changed."""
    chosen = await chat.taps(await chat.taps(await chat.opens(), "Tue, 3 Mar"), "09:30")
    await chat.desk.counter.booked(chat.desk.counter.tracker.person(), at(9, 30, day=3))
    late = await chat.taps(chosen, "Yes")
    assert "Somebody else has just taken that time" in late.shown
    assert len(await chat.desk.counter.standing()) == 1


async def test_without_the_desk_nothing_is_promised(chat: Chat) -> None:
    """With the desk away it is said plainly at every step, and everything else of the chat goes on."""
    chosen = await chat.taps(await chat.taps(await chat.opens(), "Tue, 3 Mar"), "09:30")
    chat.desk.away = True
    for said in (await chat.taps(chosen, "Yes"), await chat.opens()):
        assert "can promise nothing" in said.shown
    assert "Where" not in (await chat.does(Said("/status"))).shown
    exported = await chat.does(Said("/export"))
    assert exported.attachment is not None
    assert "Your appointments could not be asked for now" in exported.attachment.content


async def test_the_same_update_twice_books_once(chat: Chat) -> None:
    """A messenger that brings a tap again books nothing more."""
    chosen = await chat.taps(await chat.taps(await chat.opens(), "Tue, 3 Mar"), "09:30")
    await chat.taps(chosen, "Yes")
    chat.number -= 1
    await chat.taps(chosen, "Yes")
    assert len(await chat.desk.counter.standing()) == 1


async def test_what_is_held_is_exported(chat: Chat) -> None:
    """The file with everything about a person says which appointments they have and had."""
    await chat.books()
    exported = await chat.does(Said("/export"))
    assert exported.attachment is not None
    assert "Appointment: 3 March 2026, 09:30 (booked)" in exported.attachment.content


async def test_waiting_for_an_earlier_time_is_begun_and_ended_by_a_tap(chat: Chat) -> None:
    """One tap begins it, one tap ends it."""
    await chat.taps(await chat.opens(), "Tell me of earlier times")
    assert await chat.desk.counter.pool.fetchval("SELECT count(*) FROM waiting_earlier") == 1
    await chat.taps(await chat.opens(), "Do not wait")
    assert await chat.desk.counter.pool.fetchval("SELECT count(*) FROM waiting_earlier") == 0


def news(chat: Chat, kind: NewsKind = NewsKind.REMINDER, **changes: object) -> AppointmentNews:
    """Return news of an appointment in two days."""
    now = datetime.now(UTC)
    starts_at = (now + timedelta(days=2)).replace(second=0, microsecond=0)
    fields: dict[str, object] = {
        "news_id": uuid4(),
        "kind": kind,
        "recipient_id": chat.recipient,
        "subscription_id": chat.subscription,
        "document_type": "id_card",
        "office": OFFICE,
        "starts_at": starts_at,
        "minutes": 30,
        "code": "ABCDE" if kind is NewsKind.REMINDER else None,
        "at": now,
        "expires_at": starts_at,
        **changes,
    }
    return AppointmentNews.model_validate(fields)


@asynccontextmanager
async def telling(world: World) -> AsyncIterator[None]:
    """Send what is due, worded as citizens read it."""
    told = replace(world, tools=replace(world.tools, render=rendering(world.voice, None)))
    async with told.sending(await told.lease()):
        yield


def intake(world: World, quiet: Quiet = NEVER) -> NewsIntake:
    return NewsIntake(world.store, CLOCK, quiet)


async def test_a_reminder_is_told_once_and_reported_to_nobody(chat: Chat) -> None:
    """The same news twice is one message with the time, the office and the code; the ledger hears nothing."""
    told = news(chat)
    await intake(chat.world).take([told, told])
    async with telling(chat.world):
        await chat.world.ended(told.news_id)
    (text,) = chat.world.channel.texts("7")
    local = told.starts_at.astimezone(KYIV)
    assert "You have an appointment tomorrow" in text
    assert f"{local:%H:%M}" in text
    assert "ABCDE" in text
    assert "Vinnytsia" in text
    assert await chat.world.reports() == {}


async def test_an_offer_is_booked_by_one_tap(chat: Chat) -> None:
    """The button under an earlier time books it."""
    offered = news(chat, NewsKind.EARLIER, starts_at=at(9, day=3))
    offered = offered.model_copy(update={"expires_at": datetime.now(UTC) + timedelta(days=1)})
    await intake(chat.world).take([offered])
    async with telling(chat.world):
        await chat.world.ended(offered.news_id)
    ((_, message),) = chat.world.channel.sent
    assert "Booked" in (await chat.taps(message, "Yes")).shown
    assert await chat.desk.counter.standing() == [(at(9, day=3), 0)]


async def test_quiet_hours_hold_a_reminder_back(chat: Chat) -> None:
    """Nobody is woken for it: it is due when the quiet hours end."""
    now = datetime.now(KYIV)
    hours = OwnHours((now - timedelta(hours=1)).time(), (now + timedelta(hours=2)).time())
    told = news(chat)
    await intake(chat.world, Quiet(hours, KYIV)).take([told])
    row = await chat.world.row(told.news_id)
    assert row["due_at"] > datetime.now(UTC) + timedelta(hours=1)


async def test_a_refused_reminder_goes_on_to_the_next_address(chat: Chat) -> None:
    """It goes the way of notices: where the first address refuses it there is no other, and so it ends."""
    told = news(chat)
    chat.world.channel.scripts["7"] = [Permanent("rejected", "no")]
    await intake(chat.world).take([told])
    async with telling(chat.world):
        await chat.world.ended(told.news_id)
    row = await chat.world.row(told.news_id)
    assert (row["state"], row["reason"], row["payload"]) == ("undeliverable", "rejected", None)


async def test_who_moves_or_stops_is_not_reminded_of_what_was(chat: Chat) -> None:
    """What waits of an appointment ends when its person changes it, stops following, or is forgotten."""
    for deed in ("books", "stop", "forget"):
        told = news(chat)
        await intake(chat.world).take([told])
        if deed == "books":
            await chat.books()
        elif deed == "stop":
            await chat.does(Tapped(callback_data.stop(chat.subscription, confirmed=True), None, "q"))
        else:
            chat.number += 1
            await chat.updates.take([did(chat.number, Tapped(callback_data.FORGET, None, "q"))])
        assert await chat.world.state(told.news_id) == "withdrawn", deed


async def test_newer_news_take_the_place_of_older_ones(chat: Chat) -> None:
    """An office that closes makes a waiting reminder untrue; an offer leaves it as it is."""
    reminder, offer, closed = news(chat), news(chat, NewsKind.EARLIER), news(chat, NewsKind.CLOSED)
    await intake(chat.world).take([reminder, offer])
    assert await chat.world.state(reminder.news_id) == "pending"
    await intake(chat.world).take([closed])
    states = [await chat.world.state(one.news_id) for one in (reminder, offer, closed)]
    assert states == ["superseded", "superseded", "pending"]
