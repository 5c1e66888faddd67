"""The doctor's judgement of a PostgreSQL that fails over, and of what stands in between."""

from collections.abc import Iterator

from cli.doctor.facts import DatabaseFact, Finding, problem, warning

DIRECT = "let DOCWATCH_DATABASE_URL lead to PostgreSQL itself or to haproxy: services pool for themselves"


def failover(found: DatabaseFact) -> Iterator[Finding]:
    """The primary is found wherever it is, what is committed survives it, and sessions are sessions."""
    if found.no_primary:
        yield problem(
            "database",
            "no-primary",
            f"none of the {found.hosts} hosts of the database takes writes",
            "every service stands still until one of them is the primary",
            "look at what elects it (patronictl list, kubectl cnpg status); name every host in DATABASE_URL",
        )
    if found.pooler:
        yield problem(
            "database",
            "pooler",
            f"what stands before the database does not keep sessions: {found.error}",
            "services set their schema and prepare statements once a session: without they find no table",
            DIRECT,
        )
    if found.any_host:
        yield problem(
            "database",
            "any-host",
            f"the address names {found.hosts} hosts and takes whichever answers first",
            "a service that meets a standby fails at its first change",
            "add ?target_session_attrs=read-write to DOCWATCH_DATABASE_URL",
        )
    if found.deaf:
        yield problem(
            "database",
            "deaf",
            "LISTEN works, but what is notified does not come through",
            "answers and notices wait for the next look instead of being sent at once",
            DIRECT,
        )
    if found.hosts > 1 and found.settings is not None and not found.settings.get("synchronous_standby_names"):
        yield warning(
            "database",
            "asynchronous",
            "commits wait for no standby (synchronous_standby_names is empty)",
            "a failover loses what was committed last: people are told twice or never",
            "Patroni: synchronous_mode: true; CloudNativePG: synchronous with dataDurability: required",
        )
