"""`docwatch channels list|pause|resume`: the accounts of messengers, how they fare, and holding one back."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.errors import CommandError
from cli.operators.session import AsJson, actor, on_database
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from services.notifier.operators.accounts import Account, Accounts, Paid, UnknownAccountError

T = TypeVar("T")
channels = typer.Typer(
    help="Accounts of messengers: how they fare, and holding one back.", no_args_is_help=True
)
Which = Annotated[str, typer.Argument(help="Which account, such as telegram or telegram.second.")]


@channels.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List the accounts: who sends through each, what waits, why one is down or held back."""
    accounts = on_database("notifier", lambda pool: _accounts(pool).known())
    if as_json:
        typer.echo(json.dumps([_as_json(account) for account in accounts], ensure_ascii=False))
    else:
        Console().print(_table(accounts))


@channels.command()
def pause(
    account: Which,
    *,
    reason: Annotated[str, typer.Option(help="Why, for those who look later; no personal data.")],
    as_json: AsJson = False,
) -> None:
    """Hold an account back: from now on nobody is written to through it; whoever writes is still answered."""
    changed = _known(lambda pool: _accounts(pool).pause(account, reason))
    said = f"{account} is paused" if changed else f"{account} was paused already"
    typer.echo(json.dumps({"account": account, "changed": changed}) if as_json else said)


@channels.command()
def resume(account: Which, *, as_json: AsJson = False) -> None:
    """Let an account go on; of what waited only the newest of each document goes out."""
    waited = _known(lambda pool: _accounts(pool).resume(account))
    if waited is None:
        raise CommandError(f"{account} is not paused")
    said = f"{account} goes on; {waited} messages waited"
    typer.echo(json.dumps({"account": account, "messages": waited}) if as_json else said)


def _table(accounts: Sequence[Account]) -> Table:
    table = Table("account", "who sends", "waiting", "oldest", "last accepted", "state")
    for account in accounts:
        row = (
            account.name,
            account.holder or "nobody",
            f"{account.waiting:,}",
            f"{account.oldest_seconds:.0f} s" if account.waiting else "-",
            "-" if account.accepted_at is None else _moment(account.accepted_at),
            _state(account),
        )
        table.add_row(*map(Text, row))
    return table


def _state(account: Account) -> str:
    parts = []
    if account.pause is not None:
        held = account.pause
        parts.append(f"paused since {_moment(held.since)} by {held.by}: {held.why}")
    if account.down_since is not None:
        parts.append(f"down since {_moment(account.down_since)}: {account.down_reason}")
    if account.paid is not None:
        parts = [*(parts or ["ok"]), _paid(account.paid)]
    return "; ".join(parts) or "ok"


def _paid(paid: Paid) -> str:
    most = "" if paid.ceiling is None else f" of {paid.ceiling:,}"
    return f"{paid.messages:,}{most} messages of {paid.month:%Y-%m} cost money"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _as_json(account: Account) -> dict[str, object]:
    held, paid = account.pause, account.paid
    return {
        "account": account.name,
        "holder": account.holder,
        "waiting": account.waiting,
        "oldest_seconds": account.oldest_seconds,
        "accepted_at": account.accepted_at and account.accepted_at.isoformat(),
        "down_since": account.down_since and account.down_since.isoformat(),
        "down_reason": account.down_reason,
        "paid": paid and {"month": f"{paid.month:%Y-%m}", "messages": paid.messages, "ceiling": paid.ceiling},
        "paused": held and {"since": held.since.isoformat(), "by": held.by, "why": held.why},
    }


def _known(work: Callable[[Pool], Awaitable[T]]) -> T:
    try:
        return on_database("notifier", work)
    except UnknownAccountError as error:
        raise CommandError(str(error)) from None


def _accounts(pool: Pool) -> Accounts:
    return Accounts(pool, SystemClock(), actor())
