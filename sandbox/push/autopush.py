"""What Firefox speaks with its push service: JSON over a websocket, by which it subscribes and is pushed to.

The keys of such a subscription stay in the browser: here nobody can read what passes through.
"""

import asyncio
import secrets
from collections.abc import Mapping

import orjson
from aiohttp import WSMsgType, web

from sandbox.push.reading import written
from sandbox.push.service import PushWorld, Subscription

_LONGEST = 64 * 1024


class Autopush:
    """The websocket's end of a push service."""

    def __init__(self, world: PushWorld) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [web.get("/", self._connected)]

    async def _connected(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("push-notification",), max_msg_size=_LONGEST)
        await socket.prepare(request)
        pushing: set[asyncio.Task[None]] = set()
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                asked = orjson.loads(message.data)
                answer = self._answer(asked)
                if answer is not None:
                    await socket.send_json(answer)
                if asked.get("messageType") == "register":
                    subscription = self._world.subscriptions[asked["channelID"]]
                    pushing.add(asyncio.create_task(_push(socket, subscription)))
        finally:
            for task in pushing:
                task.cancel()
        return socket

    def _answer(self, asked: Mapping[str, str]) -> Mapping[str, object] | None:
        match asked.get("messageType"):
            case "hello":
                uaid = asked.get("uaid") or secrets.token_hex(16)
                return {
                    "messageType": "hello",
                    "status": 200,
                    "uaid": uaid,
                    "use_webpush": True,
                    "broadcasts": {},
                }
            case "register":
                channel = asked["channelID"]
                self._world.subscribe(asked.get("key", ""), channel)
                endpoint = f"{self._world.origin}/push/{channel}"
                return {
                    "messageType": "register",
                    "status": 200,
                    "channelID": channel,
                    "pushEndpoint": endpoint,
                }
            case "unregister":
                channel = asked["channelID"]
                if channel in self._world.subscriptions:
                    self._world.subscriptions[channel].gone = True
                return {"messageType": "unregister", "status": 200, "channelID": channel}
            case None:
                return {}
            case _:
                return None


async def _push(socket: web.WebSocketResponse, subscription: Subscription) -> None:
    """Hand on what arrives for a subscription, unread."""
    while True:
        push = await subscription.next()
        await socket.send_json(
            {
                "messageType": "notification",
                "channelID": subscription.id,
                "version": push.id,
                "data": written(push.body),
                "headers": {"encoding": "aes128gcm"},
            }
        )
