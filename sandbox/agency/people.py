"""The receipts that the desk printed and the citizens who scan them: for themselves and their families."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sandbox.agency.events import Application
from sandbox.agency.month import Citizen, Follow, Receipt
from sandbox.agency.names import first_name, holder, language_of_someone
from sandbox.agency.numbers import typed

_FOLLOWS_TWO = 0.15
_FOLLOWED_BY_TWO = 0.1
_SCANS_LATER = 0.2


def citizens(random: Random, count: int) -> tuple[Citizen, ...]:
    """Return that many invented citizens."""
    people = []
    for number in range(1, count + 1):
        language = language_of_someone(random)
        people.append(Citizen(number, first_name(random, language), language))
    return tuple(people)


def receipts(random: Random, applications: Sequence[Application], seed: int) -> tuple[Receipt, ...]:
    """Return a receipt for each application, its number as the desk typed it."""
    printed = []
    for index, application in enumerate(applications, start=1):
        language = language_of_someone(random)
        printed.append(
            Receipt(
                receipt_id=f"r{seed}-{index:05d}",
                application_number=typed(random, application.number),
                document_type=application.document_type,
                holder=holder(random, first_name(random, language), language),
                issued_at=application.lines[0].row.occurred_at,
                application=application.number,
            )
        )
    return tuple(printed)


def follows(
    random: Random, people: Sequence[Citizen], printed: Sequence[Receipt], until: datetime
) -> tuple[Follow, ...]:
    """Return who scans what and when, in the order of scanning.

    Every citizen follows a document, some two, and some documents have two followers of a family; the
    documents that are left nobody follows.
    """
    if not printed:
        return ()
    order = list(printed)
    random.shuffle(order)
    wanted: dict[tuple[int, str], Receipt] = {}
    taken = 0
    for citizen in people:
        for _ in range(2 if random.random() < _FOLLOWS_TWO else 1):
            receipt = order[taken % len(order)]
            wanted[citizen.citizen_id, receipt.receipt_id] = receipt
            taken += 1
    for receipt in order[: min(taken, len(order))]:
        if people and random.random() < _FOLLOWED_BY_TWO:
            wanted[random.choice(people).citizen_id, receipt.receipt_id] = receipt
    scans = [
        Follow(citizen_id, receipt_id, _scan_time(random, receipt, until))
        for (citizen_id, receipt_id), receipt in wanted.items()
    ]
    return tuple(sorted(scans, key=lambda follow: (follow.scans_at, follow.citizen_id, follow.receipt_id)))


def _scan_time(random: Random, receipt: Receipt, until: datetime) -> datetime:
    """Most scan at the desk or on the way home, some only days later."""
    wait = timedelta(minutes=random.uniform(1, 120))
    if random.random() < _SCANS_LATER:
        wait = timedelta(days=random.uniform(0.5, 8))
    return min(receipt.issued_at + wait, until.astimezone(receipt.issued_at.tzinfo)).replace(microsecond=0)
