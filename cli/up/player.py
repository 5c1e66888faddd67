"""Plays the sample agency's month: receipts are printed and scanned, stages happen, in the month's order.

Of the citizens one in four has only Viber at hand, the others Telegram.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cli.errors import CommandError
from contracts.catalogue import Catalogue
from runtime.clock import Clock
from sandbox.agency.month import Follow, Line, Receipt
from sandbox.agency.stored import StoredMonth
from sandbox.clients.follower import follow, follow_by_viber
from sandbox.clients.telegram import SandboxClient
from sandbox.clients.viber import ViberClient

SLICES = 90
FOLLOW_SECONDS = 180.0
VIBER_EVERY = 4


@dataclass(frozen=True)
class Printed:
    """A receipt as ingest printed it: what its QR code holds, the deep links by channel, the code to type."""

    receipt_id: str
    link: str
    links: Mapping[str, str]
    code: str


@dataclass(frozen=True)
class Phones:
    """What citizens do in the apps of the simulated messengers."""

    telegram: SandboxClient
    viber: ViberClient


class BackOffice(Protocol):
    """The agency's own system, which talks to ingest."""

    async def print_receipts(self, receipts: Sequence[Mapping[str, object]]) -> Sequence[Printed]:
        """Issue receipts; safe to repeat."""
        ...

    async def send(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Publish stage events until they are all accepted; safe to repeat."""
        ...


@dataclass(frozen=True)
class _Slice:
    follows: Sequence[Follow]
    lines: Sequence[Line]


class Player:
    """Plays a stored month from where it stopped last."""

    def __init__(
        self,
        stored: StoredMonth,
        catalogue: Catalogue,
        office: BackOffice,
        phones: Phones | None,
        *,
        clock: Clock,
        tell: Callable[[str], None],
    ) -> None:
        self._stored = stored
        self._catalogue = catalogue
        self._office = office
        self._phones = phones
        self._clock = clock
        self._tell = tell
        self._printed: dict[str, Printed] = {}

    @property
    def printed(self) -> Mapping[str, Printed]:
        """The receipts by their id, once prepared."""
        return self._printed

    async def prepare(self) -> None:
        """Give the citizens their phones, print the receipts and lay them out for scanning."""
        month, progress = self._stored.month, self._stored.progress
        receipts = [receipt.as_json() for receipt in month.receipts]
        wanted = [
            {name: receipt[name] for name in ("receipt_id", "application_number", "document_type")}
            for receipt in receipts
        ]
        for start in range(0, len(wanted), 100):
            for printed in await self._office.print_receipts(wanted[start : start + 100]):
                self._printed[printed.receipt_id] = printed
        if self._phones is None:
            return
        for citizen in month.citizens:
            if citizen.citizen_id not in progress.chats:
                progress.chats[citizen.citizen_id] = await self._phones.telegram.create_citizen(
                    citizen.name, citizen.language
                )
        self._stored.save()
        if any("viber" in printed.links for printed in self._printed.values()):
            await self._met(self._phones.viber)
        await self._phones.telegram.put_receipts([self._for_phone(receipt) for receipt in month.receipts])

    async def _met(self, viber: ViberClient) -> None:
        """Wait until the bot has told Viber where to post, for it hears of nothing before."""
        try:
            async with asyncio.timeout(FOLLOW_SECONDS):
                while not (await viber.state())["bot"]["there"]:
                    await self._clock.sleep(0.1)
        except TimeoutError:
            raise CommandError(
                f"Viber was told of no bot in {FOLLOW_SECONDS:g} s; the notifier's log says why"
            ) from None

    def _for_phone(self, receipt: Receipt) -> dict[str, object]:
        printed = self._printed[receipt.receipt_id]
        name = self._catalogue.documents[receipt.document_type].name
        return {
            "receipt_id": receipt.receipt_id,
            "document": name.get("en") or name[self._catalogue.agency.default_language],
            "holder": receipt.holder,
            "code": printed.code,
            "link": printed.links.get("telegram", printed.link),
            "links": dict(printed.links),
        }

    async def play(self, seconds: float) -> None:
        """Play what is left of the month, stretched so that the whole would take about `seconds`."""
        for part in self._slices():
            started = self._clock.monotonic()
            await self._play(part)
            rest = seconds / SLICES - (self._clock.monotonic() - started)
            if rest > 0:
                await self._clock.sleep(rest)

    async def _play(self, part: _Slice) -> None:
        progress = self._stored.progress
        if self._phones is not None:
            await _all(self._follow(self._phones, follow) for follow in part.follows)
        if part.lines:
            await self._office.send([line.row.as_json() for line in part.lines])
        progress.follows += len(part.follows)
        progress.lines += len(part.lines)
        self._stored.save()

    async def _follow(self, phones: Phones, one: Follow) -> None:
        citizen = self._stored.progress.chats[one.citizen_id]
        links = self._printed[one.receipt_id].links
        by_viber = one.citizen_id % VIBER_EVERY == 0 or "telegram" not in links
        try:
            async with asyncio.timeout(FOLLOW_SECONDS):
                if by_viber and "viber" in links:
                    await follow_by_viber(phones.viber, citizen, links["viber"])
                else:
                    await follow(phones.telegram, citizen, links["telegram"])
        except TimeoutError:
            raise CommandError(
                f"citizen {one.citizen_id} got no answer from the bot in {FOLLOW_SECONDS:g} s"
            ) from None

    def _slices(self) -> Iterator[_Slice]:
        month, progress = self._stored.month, self._stored.progress
        follows, lines = month.follows[progress.follows :], month.lines[progress.lines :]
        step = timedelta(days=month.options.days) / SLICES
        until = month.options.until
        for number in range(1, SLICES + 1):
            edge = until - step * (SLICES - number) if number < SLICES else None
            now_follows = [follow for follow in follows if _before(follow.scans_at, edge)]
            now_lines = [line for line in lines if _before(line.sent_at, edge)]
            follows, lines = follows[len(now_follows) :], lines[len(now_lines) :]
            if now_follows or now_lines:
                yield _Slice(now_follows, now_lines)


def _before(instant: datetime, edge: datetime | None) -> bool:
    return edge is None or instant < edge


async def _all(work: Iterator[Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for step in work:
            group.create_task(_run(step))


async def _run(step: Awaitable[None]) -> None:
    await step
