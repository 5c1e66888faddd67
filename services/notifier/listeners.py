"""What answers the world: messengers that post, and citizens' browsers; each where its settings say."""

from collections.abc import Mapping, Sequence

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from contracts.channels import WEB
from runtime.errors import StartError
from runtime.process.lifecycle import Place
from services.notifier.accounts import Account
from services.notifier.assembly import Parts, Shared, acts_of
from services.notifier.edge.application import Edge
from services.notifier.edge.form_pages import FormPages
from services.notifier.edge.forms import Forms
from services.notifier.edge.pages import Pages
from services.notifier.openings import push_door
from services.notifier.page.keeping import ROLE as PAGE_ROLE
from services.notifier.page.opening import OpenPage, open_page
from services.notifier.settings import NotifierSettings
from services.notifier.wording.i18n import Voice

MESSENGERS = "notifier"
EDGE = "edge"


def places(settings: NotifierSettings) -> Mapping[str, Place]:
    """Return where the applications answer, by their names."""
    found = {}
    if settings.telegram_webhook_url is not None:
        found[MESSENGERS] = Place(settings.host, settings.notifier_port, "DOCWATCH_NOTIFIER_PORT")
    if settings.public_url is not None:
        found[EDGE] = Place(settings.host, settings.public_port, "DOCWATCH_PUBLIC_PORT")
    return found


def listeners(
    settings: NotifierSettings,
    shared: Shared,
    parts: Sequence[Parts],
    *,
    usable: Sequence[Account],
    page: OpenPage | None,
) -> Mapping[str, ASGIApp]:
    """Return what answers the world, by the name of its listener; each account's door is on all of them."""
    doors = [account.door for account in parts if account.door is not None]
    found: dict[str, ASGIApp] = {}
    if settings.telegram_webhook_url is not None:
        found[MESSENGERS] = Starlette(routes=doors)
    edge = _edge(_pages(settings, shared.voice, usable), parts, shared)
    if edge is not None:
        pages = shared.metrics.page
        own = [] if page is None else page.routes(lambda status: pages.labels(str(status)).inc())
        found[EDGE] = Starlette(routes=[*doors, *own, Mount("", edge)])
    return found


def page_of(settings: NotifierSettings, shared: Shared, parts: Sequence[Parts]) -> OpenPage | None:
    """Return the citizens' own page; None where it is not served."""
    account = next((one for one in parts if one.name == WEB.code), None)
    if account is None or shared.public_url is None:
        return None
    page = open_page(
        account=account.name,
        public_url=shared.public_url,
        pool=shared.pool,
        ring=shared.ring,
        store=shared.store,
        voice=shared.voice,
        tracker=shared.tracker,
        clock=shared.clock,
        take=account.take,
        lease=shared.lease,
        role=PAGE_ROLE,
        door=push_door(settings, shared.pool, shared.ring),
        files=shared.files,
    )
    shared.metrics.page_streams.set_function(lambda: page.parts.streams.open)
    return page


def _pages(settings: NotifierSettings, voice: Voice, usable: Sequence[Account]) -> Pages | None:
    """Return what citizens' browsers are shown; None without a public address."""
    if settings.public_url is None:
        return None
    served = {account.name for account in usable}
    agency = voice.catalogue.agency.named("telegram", settings.telegram_bot)
    agency = agency.named("viber", settings.viber_bot).named("email", settings.email_from)
    offered = agency.model_copy(
        update={"channels": tuple(terms for terms in agency.channels if terms.account_name in served)}
    )
    if not offered.channels:
        raise StartError("DOCWATCH_PUBLIC_URL is set, and no channel of the catalogue's agency is served")
    return Pages(voice, offered, settings.public_url)


def _edge(pages: Pages | None, parts: Sequence[Parts], shared: Shared) -> Edge | None:
    """Return what answers citizens' browsers; None without a public address."""
    if pages is None or shared.public_url is None:
        return None

    def counted(kind: str) -> None:
        shared.metrics.edge.labels(kind).inc()

    forms = Forms(FormPages(pages), acts_of(parts, shared, shared.public_url), counted)
    return Edge(pages, shared.clock.monotonic, counted, forms)
