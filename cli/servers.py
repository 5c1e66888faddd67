"""Where NATS and PostgreSQL are: embedded on this machine, or the ones that the settings name."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from cli.local import (
    ACCOUNTS,
    embedded_nats,
    embedded_postgres,
    forget_running,
    note_running,
    service_database_url,
)
from cli.provisioning import SERVICES, provision_database, provision_streams
from cli.settings import LocalSettings


@dataclass(frozen=True)
class Servers:
    """Addresses, passwords included: `nats` by account, `databases` by service, `admin` may create roles."""

    nats: Mapping[str, str]
    databases: Mapping[str, str]
    admin: str
    passwords: Mapping[str, str]

    async def provision(self) -> None:
        """Bring streams, roles and schemas up to date."""
        await provision_streams(self.nats["provision"])
        await provision_database(self.admin, self.passwords)


@asynccontextmanager
async def open_servers(settings: LocalSettings, values: Mapping[str, str]) -> AsyncIterator[Servers]:
    """Start what is not named by the settings, and note the addresses for other commands meanwhile."""
    async with AsyncExitStack() as stack:
        nats = await _nats(stack, settings, values)
        admin, databases, passwords = await _postgres(stack, settings, values)
        note_running(
            settings.folder,
            {
                "nats": nats["provision"],
                "admin": admin,
                **{f"database_{name}": databases[name] for name in SERVICES},
            },
        )
        stack.callback(forget_running, settings.folder)
        yield Servers(nats, databases, admin, passwords)


async def _nats(stack: AsyncExitStack, settings: LocalSettings, values: Mapping[str, str]) -> dict[str, str]:
    if settings.nats_url is not None:
        return dict.fromkeys(ACCOUNTS, settings.nats_url.get_secret_value())
    server = await stack.enter_async_context(embedded_nats(settings.folder, values))
    return {account: server.url(account) for account in ACCOUNTS}


async def _postgres(
    stack: AsyncExitStack, settings: LocalSettings, values: Mapping[str, str]
) -> tuple[str, dict[str, str], dict[str, str]]:
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        admin = settings.provision_database_url or settings.database_url
        return admin.get_secret_value(), dict.fromkeys(SERVICES, url), {}
    server = await stack.enter_async_context(embedded_postgres(settings.folder, values))
    passwords = {service: values[f"LOCAL_{service.upper()}_PASSWORD"] for service in SERVICES}
    return server.url(), {name: service_database_url(server, name, values) for name in SERVICES}, passwords
