"""What the phones of an installation show, whichever app it is in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.clients.telegram import sandbox_client
from sandbox.clients.viber import viber_client


@dataclass(frozen=True)
class Phones:
    """The messages of all apps, each with its `channel` and its `reference` there; who is who on Viber."""

    messages: Sequence[Mapping[str, Any]]
    viber_users: Mapping[str, int]

    def citizen(self, channel: str, address: str) -> int:
        """Return whose address it is."""
        return int(address) if channel == "telegram" else self.viber_users[address]


async def look_at(url: str) -> Phones:
    """Look at all phones; messages of one app are in the order in which they came."""
    async with sandbox_client(url) as telegram, viber_client(url) as viber:
        found = [
            {**one, "channel": "telegram", "reference": str(one["message_id"])}
            for one in await telegram.all_messages()
        ]
        found += [
            {**one, "channel": "viber", "reference": str(one["message_token"])}
            for one in await viber.all_messages()
            if one["failed"] is None
        ]
        accounts = (await viber.state())["accounts"]
    return Phones(found, {one["user_id"]: one["id"] for one in accounts})
