"""A month of the sample agency's life, made from one seed: `python -m sandbox.agency.generate --out DIR`."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from contracts.catalogue import Catalogue, load_catalogue
from sandbox.agency import CATALOGUE
from sandbox.agency.events import applications
from sandbox.agency.files import write
from sandbox.agency.mess import sent
from sandbox.agency.month import Month, Options
from sandbox.agency.people import citizens, follows, receipts


def generate(options: Options, catalogue: Catalogue | None = None) -> Month:
    """Return the month that the options describe; the same options always give the same month.

    All happens within `options.days` before `options.until` (aware), nothing after it. The stages are those
    of the sample agency; offices and time zone are taken from `catalogue`, which is the sample's by default.
    Raises ValueError for sizes that cannot be had.
    """
    agency = catalogue or load_catalogue(CATALOGUE)
    _check(options, offices=len(agency.offices))
    random = Random(options.seed)  # noqa: S311 - invented data that must repeat, nothing secret
    offices = tuple(agency.offices)[: options.offices]
    done = applications(random, options, offices, ZoneInfo(agency.agency.time_zone))
    people = citizens(random, options.citizens)
    printed = receipts(random, done, options.seed)
    return Month(
        options=options,
        lines=sent(random, done, options.until),
        receipts=printed,
        citizens=people,
        follows=follows(random, people, printed, options.until),
    )


def _check(options: Options, *, offices: int) -> None:
    if options.until.tzinfo is None:
        raise ValueError("until needs a time zone, as in 2026-11-30T12:00:00+02:00")
    if min(options.applications, options.citizens) < 0 or min(options.offices, options.days) < 1:
        raise ValueError("applications and citizens cannot be negative, offices and days are 1 or more")
    if options.offices > offices:
        raise ValueError(f"the catalogue has {offices} offices, not {options.offices}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a month's files and say so; 0 on success."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.agency.generate", description=__doc__)
    for name, default in (
        ("seed", 1),
        ("applications", 200),
        ("citizens", 150),
        ("offices", 12),
        ("days", 30),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default {default}")
    now = datetime.now(UTC)
    parser.add_argument("--until", type=datetime.fromisoformat, default=now, help="ISO 8601, default now")
    parser.add_argument("--out", type=Path, required=True, help="the directory for the files")
    given = vars(parser.parse_args(arguments))
    directory = given.pop("out")
    try:
        files = write(generate(Options(**given)), directory)
    except ValueError as error:
        parser.error(str(error))
    parser.exit(message="".join(f"{file}\n" for file in files))


if __name__ == "__main__":
    main()
