"""`docwatch staff`: who works at the desk. A code to begin with is shown once; no password is typed here."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from cli.errors import CommandError
from cli.operators.knowledge.desk import in_use
from cli.operators.session import AsJson, actor, on_database
from cli.settings import local_settings
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from services.desk.domain.signing_in import LONGEST_LOGIN, login_of
from services.desk.domain.viewers import ROLES, Role
from services.desk.staff.accounts import (
    INVITED,
    Account,
    Accounts,
    Administration,
    LoginTakenError,
    NoSuchStaffError,
    Profile,
)
from services.desk.staff.audit import deeds

T = TypeVar("T")
MOST = 10_000
ALL = "all"

staff = typer.Typer(help="Who works at the desk, and what they did.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="How they sign in, such as olena or olena@agency.example.")]
Name = Annotated[str | None, typer.Option(help="As colleagues call them.")]
PublicName = Annotated[
    str | None, typer.Option(help="As citizens read it under an answer; empty: the desk without a name.")
]
Roles = Annotated[
    list[str] | None, typer.Option("--role", help=f"What they do: {', '.join(ROLES)}; once or several times.")
]
Languages = Annotated[
    list[str] | None, typer.Option("--language", help="Languages in which they answer; all for all.")
]
Topics = Annotated[list[str] | None, typer.Option("--topic", help="Topics that they know; all for all.")]
Offices = Annotated[
    list[str] | None, typer.Option("--office", help="Offices for which they work; all for all.")
]


@staff.command()
def add(
    login: Login,
    *,
    role: Roles = None,
    name: Name = None,
    public_name: PublicName = None,
    language: Languages = None,
    topic: Topics = None,
    office: Offices = None,
    local: Annotated[
        bool | None,
        typer.Option("--local/--directory", help="Signed in by a password, or by the agency's directory."),
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="Who they are in the directory, where their login does not say it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add somebody; with a local account this prints the code of their first sign-in, once."""
    issuer = local_settings().oidc_issuer
    by_password = issuer is None if local is None else local
    if not role:
        raise CommandError(f"say what they do by --role: {', '.join(ROLES)}")
    if not by_password and issuer is None:
        raise CommandError("there is no directory: set DOCWATCH_OIDC_ISSUER, or leave --directory out")
    if subject is not None and by_password:
        raise CommandError("--subject is for accounts of the directory")
    known = (issuer, subject) if issuer is not None and subject is not None else None
    profile = _profile(
        name=name, public_name=public_name, roles=role, languages=language, topics=topic, offices=office
    )
    wanted = _login(login)
    code = _administering(lambda it: it.add(wanted, profile, directory=known, local=by_password), wanted)
    _tell(wanted, code, "added", as_json=as_json)


@staff.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List everybody, those who left last: what they do, how they sign in, where they are signed in."""
    accounts = on_database("desk", lambda pool: Accounts(pool, SystemClock()).all())
    if as_json:
        rows = [_plain(account, sessions) for account, sessions in accounts]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table(Column("login", overflow="fold"), "name, public name", "does", "limited to", "state")
    for account, sessions in accounts:
        who = account.viewer
        limits = [*sorted(who.languages), *sorted(who.topics), *sorted(who.offices)]
        names = "\n".join(filter(None, (who.name, who.public_name)))
        row = (account.login, names, "\n".join(sorted(who.roles)), "\n".join(limits))
        table.add_row(*map(Text, (*row, _state(account, sessions))))
    Console().print(table)


@staff.command()
def change(
    login: Login,
    *,
    role: Roles = None,
    name: Name = None,
    public_name: PublicName = None,
    language: Languages = None,
    topic: Topics = None,
    office: Offices = None,
    as_json: AsJson = False,
) -> None:
    """Change what somebody does or is called; what is given replaces what was, from their next click on."""
    profile = _profile(
        name=name, public_name=public_name, roles=role, languages=language, topics=topic, offices=office
    )
    if profile == Profile():
        raise CommandError("say what changes, such as --role editor --role operator")
    wanted = _login(login)
    _administering(lambda it: it.change(wanted, profile), wanted)
    _tell(wanted, None, "changed", as_json=as_json)


@staff.command()
def reset(login: Login, *, as_json: AsJson = False) -> None:
    """Let somebody who lost password or telephone begin anew: print a code, end all their sessions."""
    wanted = _login(login)
    code = _administering(lambda it: it.reset(wanted), wanted)
    _tell(wanted, code, "reset", as_json=as_json)


@staff.command("sign-out")
def sign_out(login: Login, *, as_json: AsJson = False) -> None:
    """End every session of somebody, who may sign in again."""
    wanted = _login(login)
    _administering(lambda it: it.sign_out(wanted), wanted)
    _tell(wanted, None, "signed out", as_json=as_json)


@staff.command()
def end(login: Login, *, as_json: AsJson = False) -> None:
    """End an account for good, at once; what was done under it stays in the audit."""
    wanted = _login(login)
    _administering(lambda it: it.end(wanted), wanted)
    _tell(wanted, None, "ended", as_json=as_json)


@staff.command()
def audit(
    *,
    login: Annotated[str | None, typer.Option(help="Only what one of them did.")] = None,
    about: Annotated[UUID | None, typer.Option(help="Only what was done to one thing, by its id.")] = None,
    before: Annotated[int | None, typer.Option(help="Only entries with lower numbers, to go on.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List what staff did and looked at, the latest first. What operators did: `docwatch audit`."""
    wanted = None if login is None else _login(login)
    acts = on_database(
        "desk", lambda pool: deeds(pool, before=before, login=wanted, about=about, limit=limit)
    )
    if as_json:
        rows = [
            {
                "number": act.number,
                "at": act.at.isoformat(),
                "login": act.login,
                "what": act.what,
                "about": None if act.about is None else str(act.about),
            }
            for act in acts
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("number", "when (UTC)", "who", "what", "about")
    for act in acts:
        row = (str(act.number), f"{act.at:%Y-%m-%d %H:%M:%S}", act.login, act.what, str(act.about or ""))
        table.add_row(*map(Text, row))
    Console().print(table)


def _login(text: str) -> str:
    login = login_of(text)
    if login is None:
        raise CommandError(
            f"{text!r} is no login: a letter or digit, then a-z 0-9 . _ @ + -, at most {LONGEST_LOGIN}"
        )
    return login


def _profile(
    *,
    name: str | None,
    public_name: str | None,
    roles: Sequence[str] | None,
    languages: Sequence[str] | None,
    topics: Sequence[str] | None,
    offices: Sequence[str] | None,
) -> Profile:
    catalogue = in_use() if languages or offices else None
    if catalogue is not None:
        _known("language", languages, catalogue.agency.languages)
        _known("office", offices, [office.code for office in catalogue.offices.values()])
    return Profile(name, public_name, _roles(roles), _all(languages), _all(topics), _all(offices))


def _roles(given: Sequence[str] | None) -> Sequence[Role] | None:
    if given and ALL in given:
        return ROLES
    _known("role", given, ROLES)
    return [role for role in ROLES if role in given] if given else None


def _known(what: str, given: Sequence[str] | None, known: Sequence[str]) -> None:
    for name in given or ():
        if name != ALL and name not in known:
            raise CommandError(f"there is no {what} {name!r}; there are: {', '.join(known)}")


def _all(given: Sequence[str] | None) -> Sequence[str] | None:
    """Return what a list is limited to: nothing where it is `all`, None where nothing was said."""
    if not given:
        return None
    return () if ALL in given else given


def _administering(work: Callable[[Administration], Awaitable[T]], login: str) -> T:
    async def done(pool: Pool) -> T:
        return await work(Administration(pool, SystemClock(), actor()))

    try:
        return on_database("desk", done)
    except LoginTakenError:
        raise CommandError(f"{login} is taken: change or reset it, or take another") from None
    except NoSuchStaffError:
        raise CommandError(f"nobody who works here signs in as {login}: docwatch staff list") from None


def _tell(login: str, code: str | None, done: str, *, as_json: bool) -> None:
    address = local_settings().door_url
    if as_json:
        typer.echo(json.dumps({"login": login, "done": done, "code": code, "address": address}))
        return
    said = Console(stderr=True)
    if code is None:
        said.print(f"{login} is {done}", markup=False)
        return
    where = f"{address}/first" if address else "the desk, at /first"
    said.print(
        f"{login} is {done}. The code works once, {INVITED.days} days long, at {where}; keep it now:",
        markup=False,
    )
    typer.echo(code)


def _state(account: Account, sessions: int) -> str:
    if account.ended_at is not None:
        return f"left {account.ended_at:%Y-%m-%d}"
    if account.by_directory:
        ready = "by the directory" if account.subject else "by the directory, not yet"
    else:
        ready = "ready" if account.factor is not None else "has not signed in yet"
    return f"{ready}\nsigned in: {sessions}"


def _plain(account: Account, sessions: int) -> dict[str, object]:
    who = account.viewer
    return {
        "id": str(who.staff_id),
        "login": account.login,
        "name": who.name,
        "public_name": who.public_name,
        "roles": sorted(who.roles),
        "languages": sorted(who.languages),
        "topics": sorted(who.topics),
        "offices": sorted(who.offices),
        "directory": account.by_directory,
        "second_factor": account.factor is not None,
        "created_at": account.created_at.isoformat(),
        "invited_until": None if account.invited_until is None else account.invited_until.isoformat(),
        "ended_at": None if account.ended_at is None else account.ended_at.isoformat(),
        "sessions": sessions,
    }
