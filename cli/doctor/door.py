"""The doctor's judgement of who is let in: NATS's logins and their rights, and what goes in plain text."""

from collections.abc import Iterator

from cli.doctor.facts import DatabaseFact, NatsFact
from cli.doctor.findings import Finding, problem, warning

SHOWN = 3
CERTIFICATE_DAYS = 30
RIGHTS = "give each user its rights of deploy/nats/rights.conf, as deploy/nats/nats.conf does, and reload"


def nats_door(server: NatsFact) -> Iterator[Finding]:
    """Nobody is let in without a password, each service by a login of its own that may do what it must."""
    if server.anonymous:
        yield problem(
            "nats",
            "open",
            "NATS lets in whoever has no password",
            "anybody who reaches it can read who is told what, forge stages and delete streams",
            "add the authorization block of deploy/nats/nats.conf (no no_auth_user), and reload",
        )
    if server.remote and not server.encrypted:
        yield problem(
            "nats",
            "plain",
            "NATS is on another machine and is spoken with in plain text",
            "whoever is on the way reads passwords and events, and can change them",
            "add the tls block of deploy/nats/nats.conf; set DOCWATCH_NATS_CA, and DOCWATCH_NATS_URL to tls://",
        )
    if server.certificate_days is not None and server.certificate_days < CERTIFICATE_DAYS:
        yield warning(
            "nats",
            "certificate",
            f"NATS's certificate ends in {max(0, server.certificate_days):.0f} days",
            "from then on no service that connects anew is served",
            "delete deploy/secrets/nats_certificate, run deploy/secrets.sh and restart NATS",
        )
    yield from _shared(server)
    for login in server.logins:
        if login.error is not None:
            yield problem(
                "nats",
                "login-refused",
                f"NATS does not let the login of {login.service} in: {login.error}",
                f"the {login.service} does not start, or stands still",
                f"compare DOCWATCH_{login.service.upper()}_NATS_URL with the user's password in nats.conf",
            )
        if login.too_much:
            yield problem(
                "nats",
                "wide-rights",
                f"the login of {login.service} may do more than it must: {_some(login.too_much)}",
                f"whoever takes the {login.service} over can do that as well, up to deleting streams",
                RIGHTS,
            )
        if login.lacking:
            yield problem(
                "nats",
                "narrow-rights",
                f"the login of {login.service} may not {_some(login.lacking)}",
                f"the {login.service} is refused as soon as it needs that",
                RIGHTS,
            )


def _shared(server: NatsFact) -> Iterator[Finding]:
    holders: dict[str, list[str]] = {} if server.user is None else {server.user: ["docwatch provision"]}
    for login in server.logins:
        if login.user is not None:
            holders.setdefault(login.user, []).append(login.service)
    for user, names in holders.items():
        if len(names) > 1:
            yield problem(
                "nats",
                "one-login",
                f"the user {user} is shared by {', '.join(names)}",
                "one stolen password opens everything, and none can be taken away alone",
                "make a user for each, as deploy/nats/nats.conf does, and give each service its own NATS_URL",
            )


def _some(rights: tuple[str, ...]) -> str:
    more = f" and {len(rights) - SHOWN} more" if len(rights) > SHOWN else ""
    return ", ".join(rights[:SHOWN]) + more


def database_door(database: DatabaseFact) -> Iterator[Finding]:
    """Nobody reads on the way what is stored; logins do not do too much, nor API keys work for too long."""
    if database.remote and not database.encrypted:
        yield warning(
            "database",
            "plain",
            "the database is not on this machine and is spoken with in plain text",
            "whoever is on the way reads what is stored; between containers of one machine that is nobody",
            "turn TLS on in PostgreSQL and add ?sslmode=verify-full to every DOCWATCH_DATABASE_URL",
        )
    if database.superuser:
        yield warning(
            "database",
            "superuser",
            f"the login {database.login} is a superuser",
            "a service that is taken over could change its own audit and read the other services' schemas",
            "give each service its own role: docwatch provision makes them, docwatch_ingest and so on",
        )
    if database.endless_keys:
        yield warning(
            "database",
            "endless-keys",
            f"API keys that never expire: {', '.join(database.endless_keys)}",
            "a key that leaked years ago still publishes in its publisher's name",
            "docwatch keys create --expires DAYS makes its successor; both work until docwatch keys revoke",
        )
