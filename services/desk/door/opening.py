"""Opening the door: what it is made of, for whoever composes the desk."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

import aiohttp
from starlette.routing import Route as Path
from starlette.types import ASGIApp

from contracts.catalogue import Catalogue
from runtime.clock import Clock
from runtime.database import gauges
from runtime.database.gauges import Pace
from runtime.database.lease import Lease
from runtime.database.postgres import Pool
from runtime.database.purge import purging
from runtime.errors import StartError
from runtime.keyring import KeyRing, KeyRingError, parse_keys
from runtime.process.lifecycle import Stop
from services.desk.domain.signing_in import Terms
from services.desk.door.account import AccountPages
from services.desk.door.application import Door
from services.desk.door.directory import BACK, DirectoryPages
from services.desk.door.gate import Gate
from services.desk.door.routes import Route
from services.desk.door.sign_in import SignInPages
from services.desk.door.views import Views
from services.desk.metrics import Metrics
from services.desk.settings import DeskSettings
from services.desk.staff.accounts import Accounts
from services.desk.staff.attempts import Attempts
from services.desk.staff.directory import Directory, DirectoryConfig
from services.desk.staff.passwords import Passwords
from services.desk.staff.second_factor import PURPOSE, SecondFactor
from services.desk.staff.sessions import PURGED, Sessions
from services.desk.staff.signing_in import SigningIn

DOOR = "services.desk.door"
ROLE = "staff_purge"
LOOKS = Pace(least=5.0, most=30.0)


@dataclass(frozen=True)
class DoorParts:
    """What a door is made with: `rooms` are the packages behind it by name, `routes` their pages."""

    settings: DeskSettings
    catalogue: Catalogue
    pool: Pool
    clock: Clock
    metrics: Metrics
    rooms: Mapping[str, str] = field(default_factory=dict)
    routes: Sequence[Route] = ()
    passwords: Passwords = field(default_factory=Passwords)


@dataclass(frozen=True)
class OpenDoor:
    """A door; `routes` are all of those behind it, `open_paths` those that judge by themselves who asks."""

    app: ASGIApp
    open_paths: Sequence[Path]
    passwords: Passwords
    sessions: Sessions
    routes: Sequence[Route]
    metrics: Metrics
    clock: Clock

    def loops(self, lease: Lease, stop: Stop) -> Sequence[Callable[[], Awaitable[None]]]:
        """Return what runs beside it: what is over is removed, and who is signed in counted."""

        async def look() -> None:
            self.metrics.staff_signed_in.set(await self.sessions.number())

        return [
            lambda: purging(lease, self.sessions.purge, PURGED, stop),
            lambda: gauges.keep(look, LOOKS, clock=self.clock, stop=stop),
        ]


@asynccontextmanager
async def open_door(parts: DoorParts) -> AsyncIterator[OpenDoor | None]:
    """Make a door, None where no address of it is set; raise StartError where something is lacking."""
    settings = parts.settings
    if settings.desk_url is None:
        yield None
        return
    sessions = Sessions(parts.pool, parts.clock, _terms(settings))
    gate = Gate(sessions, settings.desk_url)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        try:
            signing_in = _signing_in(parts, sessions)
            views = Views(gate, parts.catalogue.agency, {"door": DOOR, **parts.rooms})
            account = AccountPages(gate, views, signing_in, ZoneInfo(parts.catalogue.agency.time_zone))
            routes = [*parts.routes, *account.routes()]
            views.routes.extend(routes)
            pages = SignInPages(gate, views, signing_in, by_directory=settings.oidc_issuer is not None)
            paths = pages.paths()
            if settings.oidc_issuer is not None:
                directory = _directory(settings, settings.oidc_issuer, http, parts.clock)
                paths += DirectoryPages(gate, views, signing_in, directory).paths()

            def counted(status: int) -> None:
                parts.metrics.door_answers.labels(f"{status // 100}xx").inc()

            yield OpenDoor(
                Door(gate, views, counted).application(paths, routes),
                paths,
                parts.passwords,
                sessions,
                routes,
                parts.metrics,
                parts.clock,
            )
        finally:
            parts.passwords.close()


def _signing_in(parts: DoorParts, sessions: Sessions) -> SigningIn:
    keys = parts.settings.staff_keys
    if keys is None:
        raise StartError(
            "DOCWATCH_DESK_URL is set, so DOCWATCH_STAFF_KEYS is needed: 1:$(openssl rand -hex 32)"
        )
    try:
        ring = KeyRing(parse_keys(keys.get_secret_value()), PURPOSE)
    except KeyRingError as error:
        raise StartError(f"DOCWATCH_STAFF_KEYS: {error}") from None
    agency = parts.catalogue.agency
    return SigningIn(
        parts.pool,
        parts.clock,
        Accounts(parts.pool, parts.clock),
        sessions,
        Attempts(parts.pool, parts.clock),
        parts.passwords,
        SecondFactor(ring, agency.name[agency.default_language]),
        lambda step, end: parts.metrics.sign_ins.labels(step, end).inc(),
    )


def _directory(settings: DeskSettings, issuer: str, http: aiohttp.ClientSession, clock: Clock) -> Directory:
    secret = settings.oidc_client_secret
    config = DirectoryConfig(
        issuer,
        settings.oidc_client_id,
        "" if secret is None else secret.get_secret_value(),
        settings.oidc_claim,
        settings.oidc_acr,
    )
    return Directory(config, f"{settings.desk_url}{BACK}", http, clock)


def _terms(settings: DeskSettings) -> Terms:
    return Terms(
        idle=timedelta(minutes=settings.desk_idle_minutes), whole=timedelta(hours=settings.desk_session_hours)
    )
