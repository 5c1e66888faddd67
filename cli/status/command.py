"""`docwatch status`: what comes in, what waits, how notices end; live on a terminal, once or as JSON."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from cli.errors import CommandError
from cli.installation.settings import InstallationSettings, read_settings
from cli.status.reading import AccountStatus, PeopleStatus, Status, fetch, summarize
from runtime.clock import Clock, SystemClock

OLD_SECONDS = 60.0
EVERY_SECONDS = 2.0


def status(
    *,
    once: Annotated[bool, typer.Option(help="Print it once and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it once as JSON for machines.")] = False,
) -> None:
    """Show what comes in, what waits and how notices end; exit status 1 where a service is silent."""
    settings, faults = read_settings()
    if settings is None:
        raise CommandError("\n".join(faults))
    clock, console = SystemClock(), Console()
    if not (once or as_json):
        asyncio.run(_live(settings, clock, console))
        return
    status = asyncio.run(_look(settings, clock))
    if as_json:
        typer.echo(json.dumps(asdict(status), ensure_ascii=False))
    else:
        console.print(show(status, None))
    raise typer.Exit(1 if any(status.services.values()) else 0)


async def _look(settings: InstallationSettings, clock: Clock) -> Status:
    texts, failures = await fetch(settings.services)
    return summarize(texts, failures, at=clock.monotonic(), now=clock.now().timestamp())


async def _live(settings: InstallationSettings, clock: Clock, console: Console) -> None:
    before: Status | None = None
    with Live(console=console, auto_refresh=False, screen=console.is_terminal) as view:
        while True:
            status = await _look(settings, clock)
            view.update(show(status, before), refresh=True)
            before = status
            await clock.sleep(EVERY_SECONDS)


def show(status: Status, before: Status | None) -> RenderableType:
    """Return the view; with an earlier look also how many a second."""
    people = [] if status.people is None else [_people(status.people)]
    if status.invitations:
        people.append(_invitations(status.invitations))
    tables = (_services(status), _flow(status, before), _queues(status), _accounts(status))
    return Group(*tables, *people, _books(status))


def pace(name: str, now: Mapping[str, int], before: Mapping[str, int], seconds: float) -> str:
    """Return how many a second came since the earlier look; a service that started anew counts from 0."""
    grown = now.get(name, 0) - before.get(name, 0)
    return f"{max(0, grown) / seconds:.1f}/s" if seconds > 0 else ""


def _services(status: Status) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, wrong in status.services.items():
        table.add_row("[red]!![/]" if wrong else "[green]ok[/]", name, escape(wrong or ""))
    return table


def _flow(status: Status, before: Status | None) -> Table:
    table = Table(title="Since the services started", title_justify="left", box=None, padding=(0, 2))
    for heading in ("what", "which", "count", "now"):
        table.add_column(heading, justify="right" if heading in ("count", "now") else "left")
    groups = {"events": "events in", "effects": "effects", "ends": "notices ended", "calls": "calls out"}
    for group, title in groups.items():
        counts: Mapping[str, int] = getattr(status, group)
        earlier: Mapping[str, int] = getattr(before, group) if before else {}
        seconds = status.at - before.at if before else 0.0
        for number, (name, count) in enumerate(sorted(counts.items())):
            table.add_row("" if number else title, name, f"{count:,}", pace(name, counts, earlier, seconds))
        if group == "ends" and status.failed:
            table.add_row("", "accepted, then failed", f"{status.failed:,}", "")
    return table


def _queues(status: Status) -> Table:
    table = Table(title="Waiting", title_justify="left", box=None, padding=(0, 2))
    table.add_column("where")
    table.add_column("count", justify="right")
    table.add_column("oldest", justify="right")
    for consumer in status.consumers:
        table.add_row(f"{consumer.stream} for {consumer.name}", f"{consumer.lag:,}", _age(consumer.oldest))
    for name, count in status.waiting.items():
        table.add_row(f"deliveries, {name}", f"{count:,}", _age(status.oldest.get(name, 0.0)))
    return table


def _accounts(status: Status) -> Table:
    table = Table(title="Accounts", title_justify="left", box=None, padding=(0, 2))
    table.add_column("account")
    table.add_column("waiting", justify="right")
    table.add_column("oldest", justify="right")
    table.add_column("state")
    for account in status.accounts:
        table.add_row(
            escape(account.name), f"{account.waiting:,}", _age(account.oldest), account_state(account)
        )
    return table


def account_state(account: AccountStatus) -> str:
    """Return in a few words what an account does, or what keeps it from that."""
    if account.paused:
        return "[yellow]operators hold it back[/]"
    if account.down:
        return "[red]the messenger refuses the account[/]"
    if not account.sending:
        return "[red]nobody sends[/]"
    if account.left_alone:
        return "[red]left alone: too many calls fail[/]"
    if account.rests:
        return f"[yellow]it rests for {account.rests:.0f} s[/]"
    return "[green]a notifier sends[/]"


def _invitations(waiting: Mapping[str, tuple[int, float]]) -> Table:
    table = Table(title="Invited on later days", title_justify="left", box=None, padding=(0, 2))
    table.add_column("office")
    table.add_column("waiting", justify="right")
    table.add_column("the last in", justify="right")
    for office, (count, seconds) in waiting.items():
        table.add_row(escape(office), f"{count:,}", _age(seconds))
    return table


def _people(people: PeopleStatus) -> Table:
    table = Table(
        title="People who answer", title_justify="left", box=None, padding=(0, 2), show_header=False
    )
    table.add_row("waiting for a person", f"{people.waiting:,}", _age(people.oldest))
    table.add_row("held by staff", f"{people.held:,}", "")
    table.add_row("the citizen's turn", f"{people.answered:,}", "")
    table.add_row("staff there", f"{people.present:,}", "open" if people.is_open else "closed now")
    if people.at_risk or people.broken:
        table.add_row("promises at risk", f"[yellow]{people.at_risk:,}[/]", "")
        table.add_row("promises broken", f"[red]{people.broken:,}[/]" if people.broken else "0", "")
    if people.rated:
        table.add_row("content", f"{people.content:.0%}", f"of {people.rated:,}")
    return table


def _books(status: Status) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("subscriptions", f"{status.subscriptions:,}")
    table.add_row("dead letters", f"[red]{status.dead}[/]" if status.dead else "0")
    books = (
        "the books balance" if not status.unreconciled else f"[red]{status.unreconciled} notices missing[/]"
    )
    table.add_row("books", books)
    return table


def _age(seconds: float) -> str:
    text = f"{seconds:.0f} s"
    return f"[red]{text}[/]" if seconds >= OLD_SECONDS else text
