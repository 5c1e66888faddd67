"""Who has hung up: told to the application at once, whatever of the request is still unread.

ASGI tells it behind the rest of the body, and the system behind what waits in its buffers: megabytes, where
the application reads more slowly than the peer sent.
"""

import asyncio
import select
from collections.abc import Mapping
from typing import Any

_EXTENSION = "docwatch.hung_up"
# Linux has it; elsewhere what stands before the end has to be read first.
_PEER_ENDED = getattr(select, "POLLRDHUP", 0)


def extension(event: asyncio.Event) -> dict[str, dict[object, object]]:
    """Return what a listener puts among a scope's extensions: an event that is set when the peer is gone."""
    return {_EXTENSION: {"event": event}}


def hung_up(scope: Mapping[str, Any]) -> asyncio.Event:
    """Return what is set once nobody waits for the answer; of other listeners something never set."""
    offered = (scope.get("extensions") or {}).get(_EXTENSION)
    event: asyncio.Event = offered["event"] if offered else asyncio.Event()
    return event


def ended(descriptor: int) -> bool:
    """Tell whether the peer of an open socket will send no more, without reading what it sent."""
    looking = select.poll()
    looking.register(descriptor, _PEER_ENDED)
    return bool(looking.poll(0))
