"""What an agency says of appointments is checked at start, each mistake with its place and in words."""

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.catalogue import CatalogueError, load_catalogue
from contracts.catalogue.booking import WEEKDAYS, weekdays_of
from sandbox.agency import CATALOGUE

REST = """\
agency: {code: a, name: {en: A}, languages: [en], time_zone: Europe/Kyiv, consent_version: "1"}
stages:
  ready: {rank: 1, name: {en: R}, text: {en: R.}, next: {en: Come.}, actionable: true}
  amend: {rank: 2, name: {en: M}, text: {en: M.}, next: {en: Bring it.}, actionable: true, detour: true}
  done: {rank: 3, name: {en: D}, text: {en: D.}, next: {en: D.}, terminal: true, actionable: true}
documents:
  card: {name: {en: Card}, stages: [ready, done], aside: [amend]}
offices:
  one:
    name: {en: K}
    address: {en: K}
    hours: "24/7"
    latitude: 1
    longitude: 1
    phone: "123456"
    appointments:
"""
FIT = """\
      slot: 20 min
      capacity:
        Mo-Th: {"09:00-13:00": 2, "14:00-17:00": 1}
        Fr: {"09:00-13:00": 2}
"""


def problems(tmp_path: Path, appointments: str, rest: str = REST) -> list[str]:
    file = tmp_path / "catalogue.yaml"
    file.write_text(rest + appointments, encoding="utf-8")
    try:
        load_catalogue(file)
    except CatalogueError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_what_is_fit_is_read(tmp_path: Path) -> None:
    """Hours by weekdays, with how many people each slot serves; days and notice have usual values."""
    file = tmp_path / "catalogue.yaml"
    file.write_text(REST + FIT, encoding="utf-8")
    found = load_catalogue(file)
    given = found.appointments("card", "ready", "one")
    assert given is not None
    assert (given.slot, given.ahead_days, given.at_least) == (timedelta(minutes=20), 14, timedelta(hours=1))
    assert given.windows(0) == ((540, 780, 2), (840, 1020, 1))
    assert (given.windows(4), given.windows(5)) == (((540, 780, 2),), ())


@pytest.mark.parametrize(
    ("stage", "office"), [("amend", "one"), ("done", "one"), ("ready", "two"), ("ready", None), (None, "one")]
)
def test_only_what_is_ready_at_an_office_with_appointments_has_them(
    tmp_path: Path, stage: str | None, office: str | None
) -> None:
    """Not a detour, not an end, not another office, none where nothing is known."""
    file = tmp_path / "catalogue.yaml"
    file.write_text(REST + FIT, encoding="utf-8")
    assert load_catalogue(file).appointments("card", stage, office) is None


@pytest.mark.parametrize(
    ("appointments", "said"),
    [
        (FIT.replace("20 min", "2 min"), "from 5 min to 4 h"),
        (FIT.replace("20 min", "20"), "is not a time span"),
        (FIT.replace("Mo-Th", "Mon"), "'Mon' is no day of the week"),
        (FIT.replace("Mo-Th", "Th-Mo"), "runs backwards"),
        (FIT.replace("09:00-13:00", "9-13"), "'9-13' are no hours"),
        (FIT.replace("09:00-13:00", "13:00-09:00"), "end before they begin"),
        (FIT.replace("09:00-13:00", "09:00-09:10"), "shorter than a slot of 20 min"),
        (FIT.replace("14:00-17:00", "12:00-17:00"), "two spans of Mo overlap at 12:00"),
        (FIT.replace("Mo-Th", "Mo-Fr"), "two spans of Fr overlap at 09:00"),
        (FIT.replace(": 2,", ": 0,"), "must be 1 or more"),
        (FIT + "      places: 2\n", "places"),
    ],
)
def test_each_mistake_is_named_at_its_line(tmp_path: Path, appointments: str, said: str) -> None:
    """The message says what is wrong and what it should look like, with file and line."""
    found = problems(tmp_path, appointments)
    assert found, "nothing was said"
    assert all("catalogue.yaml" in one for one in found)
    assert any(said in one for one in found), found


def test_an_office_where_nobody_could_ever_book_is_named(tmp_path: Path) -> None:
    """Appointments need a stage at which a document waits for its owner."""
    rest = REST.replace("next: {en: Come.}, actionable: true", "next: {en: Come.}")
    assert any("nobody can ever book" in one for one in problems(tmp_path, FIT, rest))


INVITATIONS = "    invitations: {a_day: {Mo-Th: 60, Fr: 40}}\n"


def test_an_office_says_how_many_it_invites(tmp_path: Path) -> None:
    """By weekdays; on days that it leaves out nobody."""
    file = tmp_path / "catalogue.yaml"
    file.write_text(REST.replace("    appointments:\n", INVITATIONS), encoding="utf-8")
    terms = load_catalogue(file).offices["one"].invitations
    assert terms is not None
    assert [60, 60, 60, 60, 40, 0, 0] == [terms.on(day) for day in range(7)]


@pytest.mark.parametrize(
    ("invitations", "said"),
    [
        (INVITATIONS.replace("Mo-Th", "Mon"), "'Mon' is no day of the week"),
        (INVITATIONS.replace("Mo-Th", "Mo-Fr"), "names a day of the week twice"),
        (INVITATIONS.replace("60", "0"), "must be 1 or more"),
        ("    invitations: {a_day: {}}\n", "a_day"),
    ],
)
def test_each_mistake_about_invitations_is_named(tmp_path: Path, invitations: str, said: str) -> None:
    """The message says what is wrong, with file and line."""
    found = problems(tmp_path, "", REST.replace("    appointments:\n", invitations))
    assert all("catalogue.yaml" in one for one in found)
    assert any(said in one for one in found), found


def test_the_sample_has_one_office_with_appointments() -> None:
    """Its capacity is read, and the others are as before."""
    offices = load_catalogue(CATALOGUE).offices
    assert [code for code, one in offices.items() if one.appointments is not None] == ["vinnytsia"]


def test_weekdays_are_all_there() -> None:
    """Each day of the week by itself, and all of them as a span."""
    assert [weekdays_of(one) for one in WEEKDAYS] == [(number,) for number in range(7)]
    assert weekdays_of("Mo-Su") == tuple(range(7))
