"""What people heard in a storm, and whether that is what was promised."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import nats.errors
from nats.aio.client import Client

from contracts.messages.delivery import DELIVERY_REPORT, DeliveryEnd, Receipt
from contracts.messages.ids import NoticeId
from contracts.messages.notice import Notice
from sandbox.clients.telegram import sandbox_client
from sandbox.clients.viber import viber_client
from services.notifier.domain.deliveries import MAX_UNKNOWNS

NUMBER = re.compile(r"№ …(\d+)")
QUIET_SECONDS, PATIENCE_SECONDS = 3.0, 10.0
ACTIONABLE = "arrived"


@dataclass(frozen=True)
class Reports:
    """What the tracker was told: every notice's end, and those of which every message failed later."""

    ends: Mapping[NoticeId, str]
    failed: frozenset[NoticeId]


@dataclass(frozen=True)
class Shown:
    """One message of ours that a messenger stored: `failed` ones are on no phone."""

    number: int
    channel: str
    citizen: int
    at: str
    failed: bool


@dataclass(frozen=True)
class Heard:
    """Everything that is left: the notices by their number, the deliveries, the ledger, the messages."""

    told: Mapping[int, Notice]
    rows: Sequence[asyncpg.Record]
    reports: Reports
    messages: Sequence[Shown]

    @property
    def ends(self) -> Mapping[NoticeId, str]:
        """Return every notice's end as it was reported."""
        return self.reports.ends


async def reports(client: Client, count: int) -> Reports:
    """Read what was reported until nothing comes any more; a second, different end of a notice fails."""
    js, ends, failed = client.jetstream(), dict[NoticeId, str](), set[NoticeId]()
    subscription = await js.subscribe("docwatch.delivery.v1", ordered_consumer=True)
    with suppress(nats.errors.TimeoutError):
        while True:
            wait = QUIET_SECONDS if len(ends) == count else PATIENCE_SECONDS
            report = DELIVERY_REPORT.validate_json((await subscription.next_msg(wait)).data)
            if isinstance(report.says, DeliveryEnd):
                assert ends.setdefault(report.notice_id, report.says) == report.says
            elif report.says is Receipt.FAILED:
                failed.add(report.notice_id)
    await subscription.unsubscribe()
    assert count == len(ends)
    return Reports(ends, frozenset(failed))


async def heard(url: str) -> Sequence[Shown]:
    """Return the messages about notices that a simulator's messengers stored, in the order of storing."""
    async with sandbox_client(url) as telegram, viber_client(url) as viber:
        found = [
            *(_shown("telegram", one, failed=False) for one in _ours(await telegram.all_messages())),
            *(
                _shown("viber", one, failed=one["failed"] is not None)
                for one in _ours(await viber.all_messages())
            ),
        ]
    return sorted(found, key=lambda one: one.at)


def _ours(messages: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (one for one in messages if one["from"] == "bot")


def _shown(channel: str, one: Mapping[str, Any], *, failed: bool) -> Shown:
    number = int(NUMBER.findall(one["text"])[0])
    return Shown(number, channel, one["citizen_id"], one["at"], failed)


def judge(found: Heard) -> None:
    """Compare what the phones show with what was promised."""
    numbers = {one.notice_id: number for number, one in found.told.items()}
    _in_order(found)
    allowed: Counter[int] = Counter()
    for row in found.rows:
        number = numbers[row["follows"] or row["id"]]
        allowed[number] += min(MAX_UNKNOWNS, row["unknowns"] + (row["state"] == "accepted"))
    stored = Counter(one.number for one in found.messages)
    seen = Counter(one.number for one in found.messages if not one.failed)
    own = [row for row in found.rows if row["follows"] is None]
    assert found.told.keys() == {numbers[row["id"]] for row in own}
    for row in own:
        number, state = numbers[row["id"]], row["state"]
        assert found.ends[row["id"]] == state
        assert stored[number] <= allowed[number], "a copy beyond the promise"
        assert seen[number] <= MAX_UNKNOWNS
        assert stored[number] > 0 or state != "accepted"
        assert stored[number] == 0 or state not in {"superseded", "expired", "withdrawn"}
        assert state != "superseded" or row["reason"] == "newer_attempted"
        once_more = [one for one in found.rows if one["follows"] == row["id"]] if seen[number] == 0 else []
        doubtful = any(one["state"] == "unknown" for one in once_more)
        told = seen[number] > 0 or doubtful or row["id"] in found.reports.failed
        assert told or state != "accepted", f"a loss that nobody was told of: {row}, {once_more}"
    _twice_only_where_allowed(found, numbers)
    assert Counter(found.ends.values())["accepted"] > len(found.told) / 2


def _in_order(found: Heard) -> None:
    latest: defaultdict[int, int] = defaultdict(int)
    for message in found.messages:
        if message.failed:
            continue
        revision = found.told[message.number].revision
        assert revision >= latest[message.citizen], "an older stage after a newer one"
        latest[message.citizen] = revision


def _twice_only_where_allowed(found: Heard, numbers: Mapping[NoticeId, int]) -> None:
    """What two messengers show of one notice was worth telling twice, and said so."""
    said_so = {numbers[row["follows"] or row["id"]] for row in found.rows if row["may_repeat"]}
    where: defaultdict[int, set[str]] = defaultdict(set)
    for message in found.messages:
        if not message.failed:
            where[message.number].add(message.channel)
    twice = {number for number, channels in where.items() if len(channels) > 1}
    assert twice <= said_so
    assert {ACTIONABLE} >= {found.told[number].stage for number in twice}
