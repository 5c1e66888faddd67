"""The doctor's judgement: pure functions from facts to what is wrong, why it matters and how to mend it."""

from collections.abc import Callable, Iterator, Mapping

from cli.doctor.databases import database_checks
from cli.doctor.door import nats_door
from cli.doctor.edge import edge, staff_door
from cli.doctor.facts import Facts, StreamFact
from cli.doctor.findings import Finding, Severity, problem, warning
from cli.doctor.mail import mail
from cli.doctor.outside import bots, catalogue, disk, services
from cli.doctor.people import people_checks
from cli.doctor.texts import texts

MIN_NATS = (2, 12)
FULL_SHARE = 0.8
PROVISION = "run: docwatch provision"
OTHERS = 0o077
FOREIGN = 0o067
"""All but the group's passing through, which PostgreSQL's account needs where root runs it."""

Check = Callable[[Facts], Iterator[Finding]]


def settings(facts: Facts) -> Iterator[Finding]:
    """Every setting can be read."""
    for fault in facts.settings_faults:
        yield problem(
            "settings",
            "unreadable",
            fault,
            "no service starts with a setting that it cannot read",
            "correct it in the environment or in .env; docs/operations.md lists the settings",
        )
    if facts.nothing_runs is not None:
        yield warning(
            "settings",
            "nothing-runs",
            facts.nothing_runs,
            "NATS, the database and the services could not be looked at",
            "start it with docwatch up and ask again, or set DOCWATCH_NATS_URL and DOCWATCH_DATABASE_URL",
        )


_KEYS: Mapping[str, tuple[str, str]] = {
    "DOCWATCH_PEPPER": (
        "it turns application numbers into keys: with another one no event finds its application again",
        "put the value of the first start back from the backup; if new: openssl rand -hex 32",
    ),
    "DOCWATCH_RECEIPT_KEY": (
        "it stands behind every printed receipt: with another one printed receipts open nothing",
        "put the value of the first start back from the backup; if new: openssl rand -hex 32",
    ),
    "DOCWATCH_ENCRYPTION_KEYS": (
        "citizens' addresses are encrypted under it: without it nobody can be written to",
        "write id:hex,id:hex, the current key first; a new key: openssl rand -hex 32",
    ),
    "DOCWATCH_CONVERSATION_KEYS": (
        "what citizens and staff say to each other is sealed by it: without it nobody can ask for a person",
        "write id:hex,id:hex for the notifier and the desk alike; a new key: openssl rand -hex 32",
    ),
    "DOCWATCH_STAFF_KEYS": (
        "second factors of staff are sealed by it: without it the desk does not start, and nobody signs in",
        "put the first one back from the backup, or make a new one and reset everybody: docwatch staff reset",
    ),
    "DOCWATCH_VAPID_KEY": (
        "the page pushes under it: without it no device is told, with another one none before it is opened",
        "put the first one back from the backup; docs/operations.md says how a new one is made",
    ),
}


def secrets(facts: Facts) -> Iterator[Finding]:
    """Every key is there, long enough, for one purpose alone, and readable by its owner only."""
    seen: dict[str, str] = {}
    for secret in facts.secrets:
        why, fix = _KEYS.get(secret.name, ("a service needs it", "set it"))
        if not secret.given:
            tell = warning if secret.spare else problem
            yield tell("keys", "missing", f"{secret.name} is not set", why, fix)
        elif secret.fault is not None:
            yield problem("keys", "unfit", f"{secret.name}: {secret.fault}", why, fix)
        if secret.fingerprint is not None:
            twin = seen.setdefault(secret.fingerprint, secret.name)
            if twin != secret.name:
                yield problem(
                    "keys",
                    "reused",
                    f"{secret.name} has the same value as {twin}",
                    "who learns one of them has the other, and neither can be replaced alone",
                    "give each its own value: openssl rand -hex 32",
                )
    file = facts.secrets_file
    if file is not None and file.mode & OTHERS:
        yield problem(
            "keys",
            "open-file",
            f"{file.path} can be read by others (mode {file.mode:04o})",
            "whoever reads it can open every citizen's address and forge receipts",
            f"chmod 600 {file.path}",
        )
    folder = facts.data_folder
    if folder is not None and folder.mode & FOREIGN:
        yield problem(
            "keys",
            "open-folder",
            f"other accounts look into {folder.path} (mode {folder.mode:04o})",
            "streams, logs and who runs what lie open to every account of this machine",
            "docwatch up closes it at its next start",
        )


def nats(facts: Facts) -> Iterator[Finding]:
    """NATS answers, keeps streams, and they are as the services demand."""
    server = facts.nats
    if server is None:
        return
    if server.error is not None:
        yield problem(
            "nats",
            "unreachable",
            f"NATS does not answer: {server.error}",
            "no post can be answered 202 and nothing is told to anybody",
            "check DOCWATCH_NATS_URL (user, password, host, port), DOCWATCH_NATS_CA, that nats-server runs",
        )
        return
    yield from nats_door(server)
    if server.version < MIN_NATS:
        have, need = (".".join(map(str, version)) for version in (server.version, MIN_NATS))
        yield problem(
            "nats",
            "old",
            f"nats-server is {have}, {need} or newer is needed",
            "stream options that the services rely on are missing",
            "upgrade nats-server",
        )
    if server.jetstream_error is not None:
        yield problem(
            "nats",
            "no-jetstream",
            f"JetStream does not answer: {server.jetstream_error}",
            "without streams nothing is kept, and no service starts",
            "add a jetstream block to nats.conf (see deploy/nats/nats.conf); the account needs $JS.API.>",
        )
        return
    for sentence in server.drift:
        yield problem(
            "nats",
            "drift",
            sentence,
            "a stream or consumer that differs may lose or repeat messages; services refuse to start on it",
            PROVISION,
        )
    if server.sync_always is False:
        yield problem(
            "nats",
            "sync",
            "JetStream acknowledges before the message is on the disk",
            "a power cut can lose events that were answered 202",
            "set sync_interval: always in the jetstream block of nats.conf and restart nats-server",
        )
    for stream in server.streams:
        yield from _stream(stream, clustered=server.clustered)


def _stream(stream: StreamFact, *, clustered: bool) -> Iterator[Finding]:
    if stream.max_bytes > 0 and stream.bytes >= FULL_SHARE * stream.max_bytes:
        yield problem(
            "nats",
            "stream-full",
            f"stream {stream.name} is {stream.bytes / stream.max_bytes:.0%} full",
            "a full stream takes no new message: posts are answered 503 until there is room",
            "find out why so much came in; free disk space and raise max_bytes of the stream in contracts",
        )
    if clustered and stream.replicas == 1:
        yield warning(
            "nats",
            "one-copy",
            f"stream {stream.name} has one copy in a cluster",
            "the loss of one server loses the stream",
            "provision with as many replicas as there are servers, 3 at best",
        )
    if stream.lagging:
        yield problem(
            "nats",
            "replica-lag",
            f"{stream.lagging} of {stream.replicas} copies of stream {stream.name} are not in step",
            "the next failure of a server may stop the stream",
            "look at /healthz and the log of each nats-server",
        )


CHECKS: Mapping[str, Check] = {
    "settings": settings,
    "keys": secrets,
    "nats": nats,
    "database": database_checks,
    "people": people_checks,
    "bot": bots,
    "catalogue": catalogue,
    "edge": edge,
    "staff": staff_door,
    "mail": mail,
    "sms": texts,
    "disk": disk,
    "services": services,
}


def diagnose(facts: Facts) -> list[Finding]:
    """Return everything found, problems first."""
    findings = [finding for check in CHECKS.values() for finding in check(facts)]
    return sorted(findings, key=lambda finding: finding.severity is not Severity.PROBLEM)
