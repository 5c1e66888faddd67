"""The doctor's look at what browsers reach: the page behind receipts' codes, and the staff's door."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from html import escape
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp

from cli.doctor.facts import EdgeFact, Facts, StaffDoorFact
from cli.doctor.findings import Finding, problem, warning
from cli.installation.settings import InstallationSettings
from contracts.catalogue import Agency, CatalogueError, load_catalogue
from contracts.channels import WEB
from contracts.links import deep_links, public_link
from runtime.process.hosts import is_local

ASK_SECONDS = 8
LONGEST_PAGE = 200_000
PAGE_SIGN = "/p/static/"
"""What stands on the citizens' own page and on nobody else's."""
DOOR_SIGN = "/door/door.css"
"""What stands on each page of the staff's door and on nobody else's."""
NO_TOKEN = "0" * 22
"""A token of the right form, which no receipt has: the page is the same for all."""


async def gather_edges(
    settings: InstallationSettings, *, served: bool
) -> tuple[EdgeFact | None, StaffDoorFact | None]:
    """Look at what citizens' browsers reach, and those of staff."""
    return await asyncio.gather(
        gather_edge(settings, served=served), gather_staff_door(settings, served=served)
    )


async def gather_edge(settings: InstallationSettings, *, served: bool) -> EdgeFact | None:
    """Look at the public edge where there is to be one, and where anything runs at all."""
    if not served or settings.edge_url is None:
        return None
    agency = None
    if not settings.sandboxed:  # else the bot has whatever name its start gave it
        with suppress(CatalogueError):
            agency = (await asyncio.to_thread(load_catalogue, settings.catalogue)).agency
            agency = agency.named("telegram", settings.telegram_bot).named("viber", settings.viber_bot)
    return await look_at_edge(settings.edge_url, agency)


async def look_at_edge(public_url: str, agency: Agency | None) -> EdgeFact:
    """Ask for the page behind a code as a citizen's browser does."""
    parts = urlsplit(public_url)
    fact = EdgeFact(public_url, encrypted=parts.scheme == "https", local=is_local(parts.hostname or ""))
    if agency is not None and not agency.channels:
        return replace(fact, no_channels=True)
    offers_page = agency is not None and agency.channel(WEB.code) is not None
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ASK_SECONDS)) as client:
            ours, kept, text = await _asked(client, public_link(public_url, NO_TOKEN))
            page, page_kept, own = True, False, ""
            if offers_page:
                page, page_kept, own = await _asked(client, f"{public_url}/p")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return replace(fact, error=type(error).__name__)
    links = () if agency is None else deep_links(agency, NO_TOKEN).values()
    missing = not ours or not all(escape(link) in text for link in links)
    no_page = offers_page and not (page and PAGE_SIGN in own)
    stored = (kept and not missing) or (page_kept and not no_page)
    return replace(fact, other_page=missing, stored=stored, no_page=no_page)


async def _asked(client: aiohttp.ClientSession, url: str) -> tuple[bool, bool, str]:
    """Return whether a page answers, whether caches may keep it, and its text."""
    async with client.get(url, allow_redirects=False) as answer:
        text = (await answer.content.read(LONGEST_PAGE)).decode(errors="replace")
        return answer.status == HTTPStatus.OK, "no-store" not in answer.headers.get("Cache-Control", ""), text


def edge(facts: Facts) -> Iterator[Finding]:
    """The page behind the codes on receipts is ours, reached by TLS, and kept by nobody on the way."""
    fact = facts.edge
    if fact is None:
        return
    if not fact.encrypted and not fact.local:
        yield problem(
            "edge",
            "plain",
            f"receipts lead to {fact.url}, in plain HTTP",
            "whoever is on the way reads the codes and can follow other people's documents",
            "put a proxy with TLS before it, and its https:// address into DOCWATCH_PUBLIC_URL",
        )
    if fact.no_channels:
        yield problem(
            "edge",
            "no-channels",
            "DOCWATCH_PUBLIC_URL is set, and the catalogue has no channels",
            "the page would have nothing to offer, so the notifier does not start",
            "write channels into the catalogue's agency file",
        )
    elif fact.error is not None:
        yield warning(
            "edge",
            "unreachable",
            f"{fact.url} does not answer: {fact.error}",
            "the codes on receipts lead nowhere, unless only this machine cannot reach it",
            "check that a notifier runs with DOCWATCH_PUBLIC_URL, the proxy before it and the name",
        )
    elif fact.other_page:
        yield problem(
            "edge",
            "other-page",
            f"{fact.url}/r/... is not the page with the catalogue's channels",
            "the codes on receipts lead elsewhere, or to other bots",
            "let the proxy pass /r/ on to DOCWATCH_PUBLIC_PORT of the notifiers; one catalogue for all",
        )
    if fact.no_page:
        yield problem(
            "edge",
            "no-page",
            f"the catalogue offers the citizens' own page, and {fact.url}/p is not it",
            "whoever follows there finds nothing, and reads no message",
            "let the proxy pass /p on to DOCWATCH_PUBLIC_PORT of the notifiers; see deploy/nginx/nginx.conf",
        )
    if fact.stored:
        yield problem(
            "edge",
            "stored",
            f"the page at {fact.url} comes without Cache-Control: no-store",
            "caches on the way keep pages with codes by which a document can be followed",
            "have the proxy pass the headers of the page on as they are",
        )


async def gather_staff_door(settings: InstallationSettings, *, served: bool) -> StaffDoorFact | None:
    """Look at the staff's door where there is to be one, and where anything runs at all."""
    if not served or settings.door_url is None:
        return None
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ASK_SECONDS)) as client:
            return await look_at_staff_door(settings.door_url, client)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return StaffDoorFact(settings.door_url, error=type(error).__name__)


async def look_at_staff_door(url: str, client: aiohttp.ClientSession) -> StaffDoorFact:
    """Ask for the sign-in as a browser of staff does; raises what the client raises."""
    async with client.get(f"{url}/sign-in", allow_redirects=False) as answer:
        text = (await answer.content.read(LONGEST_PAGE)).decode(errors="replace")
        policy = answer.headers.get("Content-Security-Policy", "")
        kept = "no-store" not in answer.headers.get("Cache-Control", "")
        ours = answer.status == HTTPStatus.OK and DOOR_SIGN in text
        return StaffDoorFact(
            url, other_page=not ours, headers=ours and (kept or "frame-ancestors 'none'" not in policy)
        )


def staff_door(facts: Facts) -> Iterator[Finding]:
    """The staff's door answers where it says that it is, with all that protects its pages."""
    fact = facts.staff_door
    if fact is None:
        return
    if fact.error is not None:
        yield warning(
            "staff",
            "unreachable",
            f"{fact.url} does not answer: {fact.error}",
            "nobody can sign in at the desk, unless only this machine cannot reach it",
            "check that a desk runs with DOCWATCH_DESK_URL, the proxy before it and the name",
        )
    if fact.other_page:
        yield problem(
            "staff",
            "other-page",
            f"{fact.url}/sign-in is not the sign-in of the desk",
            "staff would type their passwords into something else",
            "let the proxy pass everything on to DOCWATCH_DESK_PORT of the desks, under that address",
        )
    if fact.headers:
        yield problem(
            "staff",
            "headers",
            f"{fact.url} comes without Cache-Control: no-store or its Content-Security-Policy",
            "pages with what citizens write are kept on the way, or shown within other sites",
            "have the proxy pass the headers of the door on as they are",
        )
