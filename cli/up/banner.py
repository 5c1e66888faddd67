"""What `docwatch up` shows: where everything is, and what happens, line by line."""

from collections.abc import Callable

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from cli.settings import LocalSettings
from cli.up.command import Installation
from contracts.channels import CHANNELS, WEB
from contracts.links import RECEIPT_PATH

_STORY = """To show it in two minutes, on the phone page:
  1. pick a citizen on the left, or add one: their phone opens; another one opens beside it
  2. at the office type a name and press "Register and print": the receipt comes out
  3. press "... scans it" (or "... sends a photo") under it, and on the phone say yes
  4. press "Stamp": the next stage arrives on the phone
  5. scan with Viber, too: an app is chosen above its chat; send it /ways, add Telegram, block
     Viber, and stamp again: the stage comes by Telegram
  6. at the office open the receipt's page and press "Follow it here": the citizens' own page opens,
     and the next stamp changes it while you look; or choose Page above a phone's chat and scan
     there: each stage comes up on the phone as a push
  7. ask in your own words, in the chat or on the page: what a passport costs, what to bring
"""


def teller(console: Console) -> Callable[[str], None]:
    """Return a function that prints one line about what happens."""

    def tell(line: str) -> None:
        console.print(f"[dim]docwatch[/] {escape(line)}", highlight=False, soft_wrap=True)

    return tell


def shower(console: Console, settings: LocalSettings) -> Callable[[Installation], None]:
    """Return a function that prints where everything is."""

    def show(running: Installation) -> None:
        where = running.addresses
        table = Table.grid(padding=(0, 2))
        if where.phone:
            apps = " and ".join(CHANNELS[channel].title for channel in running.bots)
            table.add_row(
                "[bold]phone[/]",
                f"[bold]{where.phone}[/]",
                f"the office, and the citizens' phones with {apps}: open it",
            )
        else:
            for channel, name in running.bots.items():
                kind = CHANNELS[channel]
                table.add_row("[bold]bot[/]", kind.called.format(name=name), f"your own bot in {kind.title}")
        if settings.edge_url is not None:
            table.add_row(
                "receipts", f"{settings.edge_url}{RECEIPT_PATH}TOKEN", "the page behind their codes"
            )
            if running.catalogue.agency.channel(WEB.code) is not None:
                own = f"{settings.edge_url}/p"
                table.add_row("[bold]page[/]", own, "the citizens' own page: follow a receipt there")
        if settings.door_url is not None:
            who = running.staff
            how = "staff sign in there: docwatch staff add"
            if who is not None:
                codes = f"{where.phone}/staff" if where.phone else "their telephone"
                how = f'sign in as {who.login} with "{who.password}"; the six digits: {codes}'
            table.add_row("[bold]desk[/]", settings.door_url, escape(how))
        docs = where.ingest if settings.public_docs else where.ops["ingest"]
        table.add_row("back office", where.ingest, "where events are posted")
        table.add_row("API docs", f"{docs}/docs", "for back-office developers")
        for name, url in where.ops.items():
            table.add_row(name, url, "for operators: /healthz, /readyz and /metrics")
        table.add_row("logs", str(settings.folder / "logs"), "one file a program, JSON lines")
        console.print(Panel(table, title="Docwatch is running, Ctrl-C stops it", expand=False))
        if where.phone:
            console.print(_STORY, highlight=False, markup=False)

    return show
