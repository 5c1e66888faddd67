"""A provider's HTTP gateway as a transport, as its description says. No result or error holds a secret.

A call whose answer never came may have been sent; only where the gateway knows a copy by its key it is simply
sent again.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlencode
from uuid import UUID

import aiohttp
import orjson

from services.notifier.channels.base import PostedUpdates
from services.notifier.channels.http_calls import UNCONNECTED, Timeouts, at_most, kind, open_session
from services.notifier.channels.sms.answers import LONGEST_ANSWER, result_of
from services.notifier.channels.sms.description import Description
from services.notifier.channels.sms.parts import alphabet_of
from services.notifier.channels.sms.templates import Value, filler, revealed, written
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.results import NotSent, Permanent, Result, Unknown

_IDLE_SECONDS = 20.0


class Gateway:
    """One account with a provider; made by `open_gateway`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        described: Description,
        secrets: Mapping[str, str],
        *,
        sender: str,
        posts: PostedUpdates | None,
        timeouts: Timeouts,
    ) -> None:
        self._session = session
        self._described = described
        self._posts = posts
        self._limits = timeouts.limits()
        self._fill = filler(described.template, secrets)
        self._headers = {name: filler(value, secrets) for name, value in described.headers.items()}
        media_type = "application/x-www-form-urlencoded" if described.form is not None else "application/json"
        self._fixed = {"Content-Type": media_type, **_basic(described, secrets)}
        self._unicode = {"gsm": _scalar(described.unicode.no), "ucs2": _scalar(described.unicode.yes)}
        self._same = {"sender": sender, "posts": "" if posts is None else posts.url}

    async def submit(self, number: str, text: str, key: UUID) -> Result:
        """Post one text; raises nothing for what the gateway or the network does."""
        try:
            headers, body = self._written(number, text, str(key))
        except (TypeError, ValueError):  # half a character, which neither JSON nor a form can hold
            return Permanent("rejected", "a text that is not Unicode")
        try:
            async with self._session.request(
                self._described.method,
                self._described.url,
                data=body,
                headers=headers,
                timeout=self._limits,
                allow_redirects=False,
            ) as response:
                content = await at_most(response.content, LONGEST_ANSWER + 1)
        except UNCONNECTED as error:
            return NotSent(kind(error))
        except TimeoutError:
            return self._in_doubt("no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return self._in_doubt(kind(error))
        result = result_of(self._described, response.status, response.headers.get("Retry-After"), content)
        return self._in_doubt(result.detail) if isinstance(result, Unknown) else result

    async def poll(self) -> Sequence[Incoming]:
        """Return nothing, after a while: a gateway posts what it has to tell."""
        await asyncio.sleep(_IDLE_SECONDS)
        return ()

    async def taken(self) -> None:
        """Do nothing: what is posted is confirmed by its answer."""

    @property
    def posts(self) -> PostedUpdates | None:
        """Return the door of receipts and texts; None where the gateway tells nothing."""
        return self._posts

    async def aclose(self) -> None:
        """Do nothing: the session is its opener's."""

    def _written(self, number: str, text: str, key: str) -> tuple[dict[str, str], bytes]:
        values: dict[str, Value] = {
            **self._same,
            "number": number if self._described.number == "plus" else number.removeprefix("+"),
            "text": text,
            "key": key,
            "unicode": self._unicode[alphabet_of(text)],
        }
        headers = self._fixed | {name: str(fill(values)) for name, fill in self._headers.items()}
        body = self._fill(values)
        if self._described.form is not None and isinstance(body, dict):
            return headers, urlencode({name: written(value) for name, value in body.items()}).encode()
        return headers, orjson.dumps(body)

    def _in_doubt(self, detail: str) -> Result:
        return NotSent(detail) if self._described.idempotent else Unknown(detail)


def _basic(described: Description, secrets: Mapping[str, str]) -> dict[str, str]:
    if described.auth is None:
        return {}
    pair = f"{described.auth.user}:{revealed(described.auth.password, secrets)}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _scalar(written: str) -> Value:
    """Return what JSON a value is, or the text itself."""
    try:
        value = orjson.loads(written)
    except ValueError:
        return written
    return value if isinstance(value, str | int | float) else written


@asynccontextmanager
async def open_gateway(
    described: Description,
    secrets: Mapping[str, str],
    *,
    sender: str,
    posts: PostedUpdates | None = None,
    timeouts: Timeouts | None = None,
    connections: int = 64,
) -> AsyncIterator[Gateway]:
    """Open a gateway for the length of the block; nothing is asked of it yet.

    `sender` is who texts come from where the description names nobody.
    """
    async with open_session(connections) as session:
        yield Gateway(
            session,
            described,
            secrets,
            sender=described.sender or sender,
            posts=posts,
            timeouts=timeouts or Timeouts(),
        )
