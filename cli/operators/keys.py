"""`docwatch keys`: who may publish. A key is shown once, when it is made."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from cli.errors import CommandError
from cli.operators.rotation import rotate_encryption
from cli.operators.session import AsJson, on_database
from runtime.database.postgres import Pool
from services.ingest.keys.api_keys import (
    ApiKey,
    KeyRefusedError,
    Scope,
    create_key,
    list_keys,
    revoke_key,
)

T = TypeVar("T")

keys = typer.Typer(help="API keys of back offices, and the keys of encryption.", no_args_is_help=True)
keys.command("rotate-encryption")(rotate_encryption)


@keys.command("create")
def create(
    *,
    publisher: Annotated[str, typer.Option(help="Who will publish: the source of their events.")],
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What the key may do; all where none is given.")
    ] = None,
    expires: Annotated[int | None, typer.Option(min=1, metavar="DAYS", help="Days until it expires.")] = None,
    name: Annotated[str, typer.Option(help="A note for yourself.")] = "",
    documents: Annotated[
        list[str] | None, typer.Option(help="Document types that it is for; all where none is given.")
    ] = None,
    offices: Annotated[
        list[str] | None, typer.Option(help="Offices that it is for; all where none is given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it once."""
    scopes = tuple(scope or Scope)
    lifetime = None if expires is None else timedelta(days=expires)

    async def work(pool: Pool) -> tuple[UUID, str]:
        return await create_key(
            pool,
            publisher,
            scopes,
            name=name,
            expires_in=lifetime,
            documents=documents or (),
            offices=offices or (),
        )

    key_id, secret = _run(work)
    if as_json:
        typer.echo(json.dumps({"key_id": str(key_id), "publisher": publisher, "key": secret}))
        return
    Console(stderr=True).print(
        f"key {key_id} of {publisher}; keep it now, it is not shown again:", markup=False
    )
    typer.echo(secret)


@keys.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List all keys, oldest first: what they may do, until when, when they were last used (UTC)."""
    keys = _run(list_keys)
    now = datetime.now(UTC)
    if as_json:
        typer.echo(json.dumps([_plain(key, now) for key in keys], ensure_ascii=False))
        return
    may_do = Column("may do, limited to", overflow="fold")
    table = Table(Column("key", no_wrap=True), "publisher, name", may_do, "life (UTC)")
    for key in keys:
        may = [*sorted(key.scopes), *sorted(key.limits.documents or ()), *sorted(key.limits.offices or ())]
        used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
        life = (f"made {key.created_at:%Y-%m-%d}", f"used {used}", _state(key, now))
        row = (str(key.key_id), f"{key.publisher}\n{key.name}", "\n".join(may), "\n".join(life))
        table.add_row(*map(Text, row))
    Console().print(table)


@keys.command("revoke")
def revoke(
    key_id: Annotated[UUID, typer.Argument(help="The key's id, as `keys list` shows it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """End a key for good, within seconds."""
    if not _run(lambda pool: revoke_key(pool, key_id)):
        raise CommandError(f"there is no key {key_id}")
    typer.echo(json.dumps({"key_id": str(key_id), "revoked": True}) if as_json else f"revoked {key_id}")


def _run(work: Callable[[Pool], Awaitable[T]]) -> T:
    try:
        return on_database("ingest", work)
    except KeyRefusedError as error:
        raise CommandError(str(error)) from None


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.expires_at is None:
        return "valid"
    return f"{'valid until' if key.valid_at(now) else 'expired'} {key.expires_at:%Y-%m-%d}"


def _plain(key: ApiKey, now: datetime) -> dict[str, object]:
    return {
        "key_id": str(key.key_id),
        "publisher": key.publisher,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "documents": None if key.limits.documents is None else sorted(key.limits.documents),
        "offices": None if key.limits.offices is None else sorted(key.limits.offices),
        "created_at": key.created_at.isoformat(),
        "expires_at": None if key.expires_at is None else key.expires_at.isoformat(),
        "revoked_at": None if key.revoked_at is None else key.revoked_at.isoformat(),
        "last_used_at": None if key.last_used_at is None else key.last_used_at.isoformat(),
        "valid": key.valid_at(now),
    }
