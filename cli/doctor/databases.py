"""The doctor's judgement of PostgreSQL: version, schemas, privileges, connections, time-outs, keys, clock."""

from collections.abc import Iterator
from itertools import chain

from cli.doctor.door import database_door
from cli.doctor.facts import DatabaseFact, Facts, SchemaFact
from cli.doctor.findings import Finding, problem, warning
from contracts.services import SERVICES

MIN_POSTGRES = 150000
NEEDED_TIMEOUT_MS = 10_000
SKEW_SECONDS = 2.0
SLOW_SECONDS = 0.05
OWN_LISTENERS = 2
PROVISION = "run: docwatch provision"
DIRECT = "let DOCWATCH_DATABASE_URL lead to PostgreSQL itself or to haproxy: services pool for themselves"


def database_checks(facts: Facts) -> Iterator[Finding]:
    """PostgreSQL can be used by every login, its schemas are up to date, what is committed stays."""
    known_keys = {
        key for secret in facts.secrets if secret.name == "DOCWATCH_ENCRYPTION_KEYS" for key in secret.key_ids
    }
    seen: set[tuple[str, str]] = set()
    for database in facts.databases:
        for finding in chain(
            _login(database),
            database_door(database),
            _failover(database),
            _server(database, facts.pool_size),
            _keys(database, known_keys),
            _set_aside(database),
            _shared(database),
        ):
            # Three logins of one server say the same of the server.
            if (finding.code, finding.what) not in seen:
                seen.add((finding.code, finding.what))
                yield finding


def _login(database: DatabaseFact) -> Iterator[Finding]:
    if database.pooler or database.no_primary:
        return
    if database.error is not None:
        yield problem(
            "database",
            "unreachable",
            f"the database does not let {database.login} in: {database.error}",
            "the service with this login does not start, or stands still",
            "check DOCWATCH_DATABASE_URL (host, port, login, password, database) and that PostgreSQL runs",
        )
        return
    for name, schema in (database.schemas or {}).items():
        yield from _schema(database.login, name, schema)


def _schema(login: str, name: str, schema: SchemaFact) -> Iterator[Finding]:
    if schema.missing:
        yield problem(
            "database",
            "no-schema",
            f"there is no schema {name}, or {login} may not use it",
            f"the {name} does not start",
            PROVISION,
        )
        return
    if schema.pending:
        yield problem(
            "database",
            "pending",
            f"the schema {name} lacks {', '.join(schema.pending)}",
            f"the {name} does not start on an older schema",
            PROVISION,
        )
    if schema.foreign:
        yield warning(
            "database",
            "newer",
            f"the schema {name} has {', '.join(schema.foreign)}, which this version does not know",
            "a newer version was here; going back more than one version is not supported",
            "run the version that made it, or restore the backup made before the upgrade",
        )
    if schema.denied:
        yield problem(
            "database",
            "privileges",
            f"{login} may not read and write {', '.join(f'{name}.{table}' for table in schema.denied)}",
            f"the {name} fails as soon as it needs the table",
            PROVISION,
        )


def _server(database: DatabaseFact, pool_size: int) -> Iterator[Finding]:
    if database.error is not None or database.settings is None:
        return
    if database.version < MIN_POSTGRES:
        yield problem(
            "database",
            "old",
            f"PostgreSQL is {database.version // 10000}, {MIN_POSTGRES // 10000} or newer is needed",
            "queries of the services do not run on it",
            "upgrade PostgreSQL",
        )
    if database.standby or database.settings.get("default_transaction_read_only") == "on":
        yield problem(
            "database",
            "read-only",
            "the database takes no writes (a standby, or default_transaction_read_only)",
            "every service fails at its first change",
            "let DOCWATCH_DATABASE_URL name the primary",
        )
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        if database.settings.get(name) == "off":
            yield problem(
                "database",
                "unsafe",
                f"{name} is off",
                "a crash can lose or break what was committed: people are told twice or never",
                f"set {name} = on in postgresql.conf and reload",
            )
    for name in ("statement_timeout", "transaction_timeout", "idle_session_timeout"):
        limit = int(database.settings.get(name, "0"))
        if 0 < limit < NEEDED_TIMEOUT_MS:
            yield problem(
                "database",
                "time-out",
                f"{name} is {limit} ms, below the {NEEDED_TIMEOUT_MS} ms that the services allow themselves",
                "connections or commands are cut off in the middle of good work",
                f"ALTER ROLE the service's login SET {name} = 0, or raise it on the server",
            )
    if database.settings.get("server_encoding", "UTF8") != "UTF8":
        yield problem(
            "database",
            "encoding",
            f"the database is encoded in {database.settings['server_encoding']}",
            "names and texts in Cyrillic cannot be stored",
            "create the database with ENCODING 'UTF8'",
        )
    yield from _connections(database, pool_size)
    yield from _time(database)


def _connections(database: DatabaseFact, pool_size: int) -> Iterator[Finding]:
    limit = int((database.settings or {}).get("max_connections", "100"))
    need = len(SERVICES) * pool_size + OWN_LISTENERS
    if need > limit:
        yield problem(
            "database",
            "connections",
            f"the services may open {need} connections, the server allows {limit}",
            "under load a service waits for a connection that it never gets",
            "raise max_connections, or lower DOCWATCH_DATABASE_POOL",
        )
    elif database.connections >= 0.9 * limit:
        yield warning(
            "database",
            "connections-used",
            f"{database.connections} of {limit} connections are in use",
            "the next client may be turned away",
            "find out who holds them: SELECT application_name, count(*) FROM pg_stat_activity GROUP BY 1",
        )


def _time(database: DatabaseFact) -> Iterator[Finding]:
    if abs(database.clock_ahead) > SKEW_SECONDS + database.round_trip:
        yield problem(
            "database",
            "clock",
            f"the database's clock is {database.clock_ahead:+.1f} s from this machine's",
            "leases, expiry and the times people are told depend on clocks that agree",
            "run a time service (chrony, systemd-timesyncd) on both machines",
        )
    if database.round_trip > SLOW_SECONDS:
        yield warning(
            "database",
            "slow",
            f"one question to the database takes {database.round_trip * 1000:.0f} ms",
            "each batch asks several times: throughput falls with the distance",
            "put the services next to the database; look at its load",
        )


def _set_aside(database: DatabaseFact) -> Iterator[Finding]:
    if database.set_aside:
        counts = ", ".join(f"{count} {effect}" for effect, count in sorted(database.set_aside.items()))
        yield warning(
            "database",
            "dead-letters",
            f"messages that took no effect wait for an operator: {counts}",
            "each is an event or a notice that nobody is told of",
            "docwatch dead list shows them; replay or drop each",
        )


def _shared(database: DatabaseFact) -> Iterator[Finding]:
    for owner, publisher, applications in database.shared_by_history:
        yield warning(
            "database",
            "two-publishers",
            f"{publisher} wrote {applications} applications that belong to {owner}, and may go on to",
            "either they share their work, or somebody had a key that was not theirs",
            f"docwatch publishers grant {publisher} --on {owner} where they do, else revoke in its place",
        )


def _keys(database: DatabaseFact, known: set[str]) -> Iterator[Finding]:
    lost = [key for key in database.sealed_under if key not in known]
    if known and lost:
        yield problem(
            "database",
            "lost-key",
            f"addresses are encrypted under key {', '.join(lost)}, which DOCWATCH_ENCRYPTION_KEYS lacks",
            "these citizens can be told nothing and are not recognised when they write",
            "add the old key behind the current one, from the backup of the secrets",
        )


def _failover(database: DatabaseFact) -> Iterator[Finding]:
    """The primary is found wherever it is, what is committed survives it, and sessions are sessions."""
    if database.no_primary:
        yield problem(
            "database",
            "no-primary",
            f"none of the {database.hosts} hosts of the database takes writes",
            "every service stands still until one of them is the primary",
            "look at what elects it (patronictl list, kubectl cnpg status); name every host in DATABASE_URL",
        )
    if database.pooler:
        yield problem(
            "database",
            "pooler",
            f"what stands before the database does not keep sessions: {database.error}",
            "services set their schema and prepare statements once a session: without they find no table",
            DIRECT,
        )
    if database.any_host:
        yield problem(
            "database",
            "any-host",
            f"the address names {database.hosts} hosts and takes whichever answers first",
            "a service that meets a standby fails at its first change",
            "add ?target_session_attrs=read-write to DOCWATCH_DATABASE_URL",
        )
    if database.deaf:
        yield problem(
            "database",
            "deaf",
            "LISTEN works, but what is notified does not come through",
            "answers and notices wait for the next look instead of being sent at once",
            DIRECT,
        )
    if (
        database.hosts > 1
        and database.settings is not None
        and not database.settings.get("synchronous_standby_names")
    ):
        yield warning(
            "database",
            "asynchronous",
            "commits wait for no standby (synchronous_standby_names is empty)",
            "a failover loses what was committed last: people are told twice or never",
            "Patroni: synchronous_mode: true; CloudNativePG: synchronous with dataDurability: required",
        )
