"""The doctor's judgement, fact by fact."""

from dataclasses import replace

import pytest

from cli.doctor.channel_facts import BotFact, SmsFact
from cli.doctor.checks import CHECKS, diagnose
from cli.doctor.facts import (
    CatalogueFact,
    DatabaseFact,
    DiskFact,
    DoorFact,
    EdgeFact,
    Facts,
    LoginFact,
    NatsFact,
    PeopleFact,
    SchemaFact,
    SecretFact,
    SecretsFile,
    ServiceFact,
    StreamFact,
)
from cli.doctor.findings import Severity
from tests.runbook import has_line

GIB = 1024**3
STREAM = StreamFact("STAGES", bytes=10, max_bytes=100, messages=3)
NATS = NatsFact(version=(2, 12, 1), streams=(STREAM,), sync_always=True)
DATABASE = DatabaseFact(
    login="docwatch_tracker",
    version=180006,
    settings={"fsync": "on", "max_connections": "100", "server_encoding": "UTF8", "statement_timeout": "0"},
    connections=20,
    schemas={"tracker": SchemaFact()},
    sealed_under=("1",),
)
PEOPLE = PeopleFact(staff=3, sealed_under=("7",))
BOT = BotFact("https://bot.example", simulated=False, username="agency_bot")
CATALOGUE = CatalogueFact("/etc/agency", bots={"telegram": "Agency_Bot"})
EDGE = EdgeFact("https://docs.agency.example", encrypted=True)
FIT = Facts(
    secrets=(
        SecretFact("DOCWATCH_PEPPER", given=True, fingerprint="a"),
        SecretFact("DOCWATCH_RECEIPT_KEY", given=True, fingerprint="b"),
        SecretFact("DOCWATCH_ENCRYPTION_KEYS", given=True, fingerprint="c", key_ids=("2", "1")),
    ),
    secrets_file=SecretsFile("/data/secrets.env", 0o600),
    data_folder=SecretsFile("/data", 0o710),
    nats=NATS,
    databases=(DATABASE, replace(DATABASE, login="docwatch_ingest", schemas={"ingest": SchemaFact()})),
    bots=(BOT,),
    catalogue=CATALOGUE,
    disk=DiskFact("/data", free=50 * GIB, total=100 * GIB),
    services=(ServiceFact("tracker", "http://127.0.0.1:8081", problems={}),),
    door=DoorFact("http://127.0.0.1:8080", encrypted=False, open=False),
    edge=EDGE,
)


def _nats(**changes: object) -> Facts:
    return replace(FIT, nats=replace(NATS, **changes))  # type: ignore[arg-type]  # a case names its own fields


def _stream(**changes: object) -> Facts:
    return _nats(streams=(replace(STREAM, **changes),))  # type: ignore[arg-type]  # the same


def _database(**changes: object) -> Facts:
    return replace(FIT, databases=(replace(DATABASE, **changes),))  # type: ignore[arg-type]  # the same


def _people(**changes: object) -> Facts:
    desk = replace(DATABASE, people=replace(PEOPLE, **changes))  # type: ignore[arg-type]  # as above
    key = SecretFact("DOCWATCH_CONVERSATION_KEYS", given=True, fingerprint="d", key_ids=("7",))
    staffed = replace(CATALOGUE, staffed=True)
    return replace(FIT, databases=(*FIT.databases, desk), secrets=(*FIT.secrets, key), catalogue=staffed)


def _files(**changes: object) -> Facts:
    return replace(_database(**changes), catalogue=replace(CATALOGUE, takes_files=True), files_room=100)


def _setting(name: str, value: str) -> Facts:
    return _database(settings={**(DATABASE.settings or {}), name: value})


def _bot(**changes: object) -> Facts:
    return replace(FIT, bots=(replace(BOT, **changes),))  # type: ignore[arg-type]  # the same


def _secret(secret: SecretFact) -> Facts:
    return replace(FIT, secrets=(secret, *FIT.secrets[1:]))


PROBLEMS = {
    "settings unreadable": replace(FIT, settings_faults=("DOCWATCH_HOST: bad",)),
    "keys missing": _secret(SecretFact("DOCWATCH_PEPPER", given=False)),
    "keys unfit": _secret(SecretFact("DOCWATCH_PEPPER", given=True, fault="too short")),
    "keys reused": _secret(SecretFact("DOCWATCH_PEPPER", given=True, fingerprint="b")),
    "keys open-file": replace(FIT, secrets_file=SecretsFile("/data/secrets.env", 0o644)),
    "keys open-folder": replace(FIT, data_folder=SecretsFile("/data", 0o755)),
    "nats unreachable": _nats(error="refused"),
    "nats old": _nats(version=(2, 9, 0)),
    "nats no-jetstream": _nats(jetstream_error="timeout"),
    "nats drift": _nats(drift=("stream DEAD does not exist",)),
    "nats sync": _nats(sync_always=False),
    "nats stream-full": _stream(bytes=80),
    "nats replica-lag": _stream(replicas=3, lagging=1),
    "nats open": _nats(anonymous=True),
    "nats plain": _nats(remote=True),
    "nats one-login": _nats(user="all", logins=(LoginFact("tracker", "all"),)),
    "nats login-refused": _nats(logins=(LoginFact("tracker", "tracker", error="Authorization Violation"),)),
    "nats wide-rights": _nats(logins=(LoginFact("tracker", "tracker", too_much=("publish >",)),)),
    "nats narrow-rights": _nats(logins=(LoginFact("tracker", "tracker", lacking=("publish docwatch.x",)),)),
    "database unreachable": _database(error="refused"),
    "database no-schema": _database(schemas={"tracker": SchemaFact(missing=True)}),
    "database pending": _database(schemas={"tracker": SchemaFact(pending=("0002_more.sql",))}),
    "database privileges": _database(schemas={"tracker": SchemaFact(denied=("notice",))}),
    "database old": _database(version=140001),
    "database read-only": _database(standby=True),
    "database unsafe": _setting("fsync", "off"),
    "database time-out": _setting("statement_timeout", "2000"),
    "database encoding": _setting("server_encoding", "SQL_ASCII"),
    "database connections": _setting("max_connections", "20"),
    "database clock": _database(clock_ahead=-7.5),
    "database lost-key": _database(sealed_under=("1", "9")),
    "people lost-key": _people(sealed_under=("7", "6")),
    "people unopened": _people(unopened=1),
    "bot token": _bot(refused=True),
    "bot unreachable": _bot(error="ClientConnectorError"),
    "bot other-name": _bot(username="another_bot"),
    "bot no-name": replace(FIT, catalogue=replace(CATALOGUE, bots={})),
    "bot same-token": _bot(account="telegram.second", same_as="telegram"),
    "sms setting": replace(FIT, texts=SmsFact("", setting="gateway.yaml:2: url: is missing")),
    "sms unreachable": replace(FIT, texts=SmsFact("https://sms.example", error="TimeoutError")),
    "sms no-page": replace(FIT, texts=SmsFact("https://sms.example", no_page=True)),
    "bot no-token": replace(FIT, unserved=("telegram.second",)),
    "bot webhook": _bot(webhook=True),
    "bot webhook-elsewhere": _bot(webhook=True, wanted="https://agency.example", elsewhere=True),
    "bot webhook-plain": _bot(webhook=True, wanted="http://agency.example"),
    "bot webhook-secret": _bot(webhook=True, wanted="https://agency.example", guessable=True),
    "catalogue unfit": replace(FIT, catalogue=CatalogueFact("/etc/agency", problems=("stages.yaml:3: bad",))),
    "edge plain": replace(FIT, edge=EdgeFact("http://docs.agency.example", encrypted=False)),
    "edge no-channels": replace(FIT, edge=replace(EDGE, no_channels=True)),
    "edge other-page": replace(FIT, edge=replace(EDGE, other_page=True)),
    "edge stored": replace(FIT, edge=replace(EDGE, stored=True)),
    "disk low": replace(FIT, disk=DiskFact("/data", free=GIB, total=100 * GIB)),
    "services silent": replace(FIT, services=(ServiceFact("tracker", "http://t", error="refused"),)),
    "services not-ready": replace(
        FIT, services=(ServiceFact("tracker", "http://t", problems={"nats": "not connected"}),)
    ),
}
WARNINGS = {
    "sms untold": replace(FIT, texts=SmsFact("https://sms.example", untold=True)),
    "keys missing": replace(
        FIT, secrets=(*FIT.secrets, SecretFact("DOCWATCH_VAPID_KEY", given=False, spare=True))
    ),
    "bot no-name": replace(FIT, bots=(BOT, replace(BOT, account="telegram.second"))),
    "settings nothing-runs": replace(FIT, nothing_runs="nothing runs"),
    "nats certificate": _nats(encrypted=True, certificate_days=29.0),
    "nats one-copy": _nats(clustered=True),
    "database dead-letters": _database(set_aside={"dead": 2, "parked": 1}),
    "database newer": _database(schemas={"tracker": SchemaFact(foreign=("0009_later.sql",))}),
    "database connections-used": _database(connections=95),
    "database plain": _database(remote=True),
    "database superuser": _database(superuser=True),
    "database endless-keys": _database(endless_keys=("passports",)),
    "database slow": _database(round_trip=0.2),
    "people late": _people(broken=2),
    "people nobody": _people(staff=0),
    "people files-full": _files(file_bytes=80),
    "services silent": replace(
        FIT, services=(ServiceFact("tracker", "http://t", elsewhere=True, error="no"),)
    ),
    "services plain": replace(FIT, door=DoorFact("http://0.0.0.0:8080", encrypted=False, open=True)),
    "edge unreachable": replace(FIT, edge=replace(EDGE, error="TimeoutError")),
    "bot waiting-updates": _bot(waiting_updates=500),
    "catalogue sample": replace(FIT, catalogue=replace(CATALOGUE, sample=True)),
}


def test_a_fit_installation_has_no_findings() -> None:
    """Nothing is said about an installation that is as it should be."""
    assert [] == diagnose(FIT)
    assert [] == diagnose(_people())
    assert [] == diagnose(_files(file_bytes=79))


def test_files_without_keys_are_told_beside_the_keys() -> None:
    """Where citizens may send files and nothing can seal them, that is said of the files too."""
    key = SecretFact("DOCWATCH_CONVERSATION_KEYS", given=False, spare=True)
    open_for_files = _files(file_bytes=79)
    found = diagnose(replace(open_for_files, secrets=(*FIT.secrets, key)))

    assert [("keys", "missing"), ("people", "files-sealed")] == [(one.area, one.code) for one in found]
    assert all(one.severity is Severity.WARNING and has_line(one.runbook, one.code) for one in found)


def test_nothing_known_is_nothing_found() -> None:
    """An area that could not be looked at is never called wrong."""
    assert [] == diagnose(Facts())


@pytest.mark.parametrize("name", PROBLEMS)
def test_each_fault_is_one_problem(name: str) -> None:
    """A fault yields exactly its own finding, and that makes the installation unfit."""
    found = diagnose(PROBLEMS[name])

    assert [(name, Severity.PROBLEM)] == [(f"{one.area} {one.code}", one.severity) for one in found]
    assert all(one.what and one.why and one.fix for one in found)


@pytest.mark.parametrize("name", WARNINGS)
def test_each_oddity_is_one_warning(name: str) -> None:
    """What may be meant is told and does not make the installation unfit."""
    found = diagnose(WARNINGS[name])

    assert [(name, Severity.WARNING)] == [(f"{one.area} {one.code}", one.severity) for one in found]


@pytest.mark.parametrize("name", [*PROBLEMS, *WARNINGS])
def test_each_finding_has_its_line_in_the_guide(name: str) -> None:
    """The section that a finding points at says step by step what to do about it."""
    [finding] = diagnose({**PROBLEMS, **WARNINGS}[name])

    assert has_line(finding.runbook, finding.code)


def test_a_server_is_blamed_once_for_all_its_logins() -> None:
    """Three logins of one server that is unsafe make one finding."""
    unsafe = replace(DATABASE, settings={"fsync": "off", "max_connections": "100"})

    found = diagnose(replace(FIT, databases=(unsafe, replace(unsafe, login="docwatch_ingest"))))

    assert ["unsafe"] == [one.code for one in found]


def test_problems_come_before_warnings() -> None:
    """What must be mended is read first."""
    found = diagnose(replace(FIT, nothing_runs="nothing runs", disk=DiskFact("/data", free=1, total=GIB)))

    assert [Severity.PROBLEM, Severity.WARNING] == [one.severity for one in found]


def test_every_check_is_named_after_its_area() -> None:
    """A finding's area is the check that made it, so that the list of areas is complete."""
    for name, facts in {**PROBLEMS, **WARNINGS}.items():
        assert name.split()[0] in CHECKS
        assert {name.split()[0]} == {one.area for one in diagnose(facts)}
