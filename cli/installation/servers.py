"""Where NATS and PostgreSQL are: embedded on this machine, or the ones that the settings name."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.installation.keeper import kept
from cli.installation.local import (
    ACCOUNTS,
    embedded_nats,
    embedded_postgres,
    forget_running,
    note_running,
    service_database_url,
)
from cli.installation.provisioning import provision_database, provision_streams
from cli.settings import LocalSettings
from contracts.services import SERVICES
from runtime.clock import Clock
from runtime.embedded.server import EmbeddedServer


@dataclass(frozen=True)
class Servers:
    """Addresses, passwords included: `nats` by account, `databases` by service, `admin` may create roles."""

    nats: Mapping[str, str]
    databases: Mapping[str, str]
    admin: str
    passwords: Mapping[str, str]
    embedded: Mapping[str, EmbeddedServer]
    nats_ca: Path | None = None

    async def provision(self) -> None:
        """Bring streams, roles and schemas up to date."""
        await provision_streams(self.nats["provision"], ca=self.nats_ca)
        await provision_database(self.admin, self.passwords)


@asynccontextmanager
async def open_servers(
    settings: LocalSettings, values: Mapping[str, str], clock: Clock, tell: Callable[[str], None]
) -> AsyncIterator[Servers]:
    """Start what is not named by the settings, and note the addresses for other commands meanwhile."""
    embedded: dict[str, EmbeddedServer] = {}
    async with AsyncExitStack() as stack:
        if settings.nats_url is None:
            nats_server = embedded["nats"] = embedded_nats(settings.folder, values)
            await stack.enter_async_context(kept(nats_server, clock, tell))
            nats = {account: nats_server.url(account) for account in ACCOUNTS}
        else:
            nats = dict.fromkeys(ACCOUNTS, settings.nats_url.get_secret_value()) | settings.logins
        if settings.database_url is None:
            postgres = embedded["postgres"] = embedded_postgres(settings.folder, values)
            await stack.enter_async_context(kept(postgres, clock, tell))
            admin = postgres.url()
            databases = {name: service_database_url(postgres, name, values) for name in SERVICES}
            passwords = {name: values[f"LOCAL_{name.upper()}_PASSWORD"] for name in SERVICES}
        else:
            url = settings.database_url.get_secret_value()
            admin = (settings.provision_database_url or settings.database_url).get_secret_value()
            databases, passwords = dict.fromkeys(SERVICES, url), {}
        addresses = {f"database_{name}": databases[name] for name in SERVICES}
        addresses |= {f"nats_{name}": nats[name] for name in SERVICES}
        note_running(settings.folder, {"nats": nats["provision"], "admin": admin, **addresses})
        stack.callback(forget_running, settings.folder)
        yield Servers(nats, databases, admin, passwords, embedded, settings.nats_ca)
