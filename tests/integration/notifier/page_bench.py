"""The citizens' page of a whole notifier over real HTTP; what it asks the tracker is answered by a script."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.messages import following, rpc
from contracts.messages.following import Exported, History, HistoryQuery, Moment
from contracts.messages.ids import RecipientId, SubscriptionId
from contracts.messages.notice import Notice
from contracts.messages.rpc import Followed, Redeem, Redeemed, Refused, StatusAnswer, Stop, Stopped
from contracts.streams import NOTICE_SUBJECT
from runtime.database.postgres import Pool, open_pool
from runtime.process.lifecycle import Stop as StopEvent
from services.notifier import app
from services.notifier.settings import NotifierSettings
from tests.attacks.wire import HOST, listening
from tests.conftest import Databases
from tests.integration.notifier.world import notice

CATALOGUE = Path(__file__).parents[3] / "sandbox" / "agency" / "catalogue"
KEYS = f"1:{'ef' * 32}"
TOKEN = "Receipt-token_00000001"  # noqa: S105 - a test's own
PUBLIC = "http://127.0.0.1:1"
FORM = re.compile(r'name="form" value="([^"]*)"')


@dataclass
class Script:
    """A tracker that knows what each token leads to, and answers over NATS."""

    documents: dict[str, Followed] = field(default_factory=dict)
    moments: dict[SubscriptionId, tuple[Moment, ...]] = field(default_factory=dict)
    followers: dict[RecipientId, list[SubscriptionId]] = field(default_factory=dict)
    away: bool = False

    def document(self, token: str = TOKEN, **changes: object) -> Followed:
        """Lay a document behind a token."""
        now = datetime.now(UTC).replace(microsecond=0)
        values: dict[str, object] = {
            "subscription_id": uuid4(),
            "document_type": "foreign_passport",
            "masked": "…4567",
            "revision": 1,
            "stage": "printing",
            "office": "kyiv-1",
            "occurred_at": now - timedelta(hours=3),
            "expected_at": (now + timedelta(days=6)).date(),
            "expected_from": "publisher",
            "since": now - timedelta(days=9),
        }
        one = Followed.model_validate({**values, **changes})
        self.documents[token] = one
        return one

    async def answer(self, message: Msg) -> None:
        """Answer one question."""
        if self.away:
            return
        body: Redeemed | Refused | StatusAnswer | Stopped | History | Exported
        match message.subject:
            case rpc.REDEEM:
                asked = Redeem.model_validate_json(message.data)
                found = self.documents.get(asked.token or "")
                body = Refused(reason="invalid")
                if found is not None:
                    self.followers.setdefault(asked.recipient_id, []).append(found.subscription_id)
                    body = Redeemed(created=True, followed=found)
            case rpc.STATUS:
                who = rpc.StatusQuery.model_validate_json(message.data).recipient_id
                body = StatusAnswer(followed=tuple(self._followed(who)))
            case following.HISTORY:
                query = HistoryQuery.model_validate_json(message.data)
                known = [
                    one
                    for one in self._followed(query.recipient_id)
                    if one.subscription_id == query.subscription_id
                ]
                moments = self.moments.get(query.subscription_id, ())
                body = Refused(reason="invalid")
                if known:
                    body = History(followed=known[0], moments=moments, followers=(known[0].since,))
            case rpc.STOP:
                stop = Stop.model_validate_json(message.data)
                mine = self.followers.get(stop.recipient_id, [])
                ended = [one for one in mine if stop.subscription_id in {None, one}]
                self.followers[stop.recipient_id] = [one for one in mine if one not in ended]
                body = Stopped(ended=len(ended))
            case following.EXPORT:
                body = Exported(holdings=())
            case _:
                body = Refused(reason="unavailable")
        await message.respond(body.model_dump_json().encode())

    def _followed(self, who: RecipientId) -> list[Followed]:
        mine = self.followers.get(who, [])
        return [one for one in self.documents.values() if one.subscription_id in mine]


@dataclass
class CitizensPage:
    """A notifier that runs, its page's address, and the tracker's script."""

    url: str
    port: int
    pool: Pool
    client: Client
    script: Script

    def browser(self) -> httpx.AsyncClient:
        """Return a browser without scripts and with no cookie yet."""
        headers = {"Origin": self.url, "Accept-Language": "en"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, follow_redirects=True, timeout=10)

    async def tell(self, **changes: object) -> Notice:
        """Publish a stage of the only document to the only person that follows it."""
        ((who, (subscription, *_)),) = self.script.followers.items()
        token = next(t for t, one in self.script.documents.items() if one.subscription_id == subscription)
        old = self.script.documents[token]
        self.script.documents[token] = old.model_copy(
            update={"revision": old.revision + 1, "occurred_at": datetime.now(UTC), **changes}
        )
        now = self.script.documents[token]
        told = notice(who, subscription=subscription, revision=now.revision, stage=now.stage or "")
        told = told.model_copy(update={"office": now.office})
        await self.client.jetstream().publish(NOTICE_SUBJECT, told.encoded())
        return told


async def following_one(browser: httpx.AsyncClient, token: str = TOKEN) -> httpx.Response:
    """Open a receipt's page for this browser and say yes; return where that leads."""
    form = form_of(await browser.get(f"/r/web/{token}"))
    return await browser.post(f"/r/web/{token}", data={"form": form, "once": "yes", "lang": "en"})


def form_of(response: httpx.Response) -> str:
    """Return what the forms of a page bear."""
    found = FORM.search(response.text)
    assert found is not None
    return found[1]


@asynccontextmanager
async def citizens_page(
    nats_url: str, client: Client, databases: Databases, **further: object
) -> AsyncIterator[CitizensPage]:
    """Run a notifier with its page for the length of the block."""
    settings = NotifierSettings.model_validate(
        {
            "nats_url": nats_url,
            "catalogue": CATALOGUE,
            "database_url": databases.url("notifier"),
            "encryption_keys": KEYS,
            "public_url": PUBLIC,
            "quiet_hours": False,
            **further,
        }
    )
    script, stop = Script(), StopEvent()
    async with AsyncExitStack() as stack:
        for subject in (rpc.REDEEM, rpc.STATUS, rpc.STOP, following.HISTORY, following.EXPORT):
            await client.subscribe(subject, cb=script.answer)
        await client.flush()
        service = await stack.enter_async_context(app.build(settings)(stop))
        tasks = [asyncio.ensure_future(loop()) for loop in service.loops]
        pool = await stack.enter_async_context(open_pool(databases.url("notifier"), "notifier", size=2))
        try:
            async with listening(service.apps["edge"]) as listener:
                url = f"http://{HOST}:{listener.port}"
                yield CitizensPage(url, listener.port, pool, client, script)
                assert not any(task.done() for task in tasks), "a loop ended unasked"
        finally:
            stop.set()
            await asyncio.gather(*tasks)
