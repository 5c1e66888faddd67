"""The methods of the REST API, but for the webhook's."""

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from runtime.clock import Clock
from sandbox.viber.api import checks
from sandbox.viber.api.content import read_content
from sandbox.viber.api.keyboard import failing
from sandbox.viber.script import Call
from sandbox.viber.world.errors import RefusalError, bad_data, missing
from sandbox.viber.world.model import Json
from sandbox.viber.world.store import Store
from sandbox.viber.world.wire import details_json, milliseconds
from sandbox.viber.world.world import World

MOST_BROADCAST = 300
MOST_ONLINE = 100
DETAILS_WITHIN = timedelta(hours=12)
DETAILS_TIMES = 2
FAILED_LATER = "the message could not be shown"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its parameters, its record, how the bot reached us, and whether it shall fail later."""

    params: Json
    call: Call
    origin: str
    fails: bool = False


Method: TypeAlias = Callable[[Asked], Awaitable[Json]]


class AccountMethods:
    """Messages, and what can be asked about the account and its subscribers."""

    def __init__(self, world: World, store: Store, clock: Clock) -> None:
        self._world = world
        self._store = store
        self._clock = clock
        self._details: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def table(self) -> dict[str, Method]:
        """Return the methods by name."""
        return {
            "send_message": self.send_message,
            "broadcast_message": self.broadcast_message,
            "get_account_info": self.get_account_info,
            "get_user_details": self.get_user_details,
            "get_online": self.get_online,
        }

    async def send_message(self, asked: Asked) -> Json:
        """Take a message to one subscriber."""
        if self._store.webhook is None:
            raise RefusalError(10)
        receiver = asked.params.get("receiver")
        if receiver is None or receiver == "":
            raise missing("receiver")
        if not isinstance(receiver, str):
            raise bad_data("receiver: must be a string")
        wanted = read_content(asked.params)
        account = self._world.accounts.receiver(receiver)
        wanted.check_for(account)
        fails = FAILED_LATER if asked.fails else failing(wanted.content.keyboard)
        message = self._world.bot_sends(account, wanted.content, fails)
        asked.call.token, asked.call.billing = message.token, message.billing
        return {"message_token": message.token, "billing_status": message.billing}

    async def broadcast_message(self, asked: Asked) -> Json:
        """Refuse, as commercial bots are not allowed it: 19, and 20 where the list is too long."""
        receivers = asked.params.get("broadcast_list")
        if receivers is None:
            raise missing("broadcast_list")
        if not isinstance(receivers, list) or not receivers:
            raise bad_data("broadcast_list: must be an array of ids")
        read_content(asked.params)
        raise RefusalError(20 if len(receivers) > MOST_BROADCAST else 19)

    async def get_account_info(self, _: Asked) -> Json:
        """Return who the bot is."""
        hook, bot = self._store.webhook, self._world.accounts.bot
        info: Json = {
            "id": f"pa:{bot.uri}",
            "name": bot.name,
            "uri": bot.uri,
            "category": "Government",
            "subcategory": "Public services",
            "country": "UA",
            "location": {"lat": 50.45, "lon": 30.52},
            "subscribers_count": sum(account.subscribed for account in self._world.accounts),
            "members": [],
        }
        if hook is not None:
            info |= {"webhook": hook.url, "event_types": list(hook.events or ALL_EVENTS)}
        return info

    async def get_user_details(self, asked: Asked) -> Json:
        """Return who somebody is, twice in twelve hours for each."""
        user_id = asked.params.get("id")
        if user_id is None or user_id == "":
            raise missing("id")
        account = self._world.accounts.known_as(user_id) if isinstance(user_id, str) else None
        if account is None or not account.registered:
            raise RefusalError(5)
        if not account.subscribed:
            raise RefusalError(6)
        now, before = self._clock.now(), self._details[account.user_id]
        while before and before[0] <= now - DETAILS_WITHIN:
            before.popleft()
        if len(before) >= DETAILS_TIMES:
            raise RefusalError(12)
        before.append(now)
        user = details_json(account, self._world.accounts.person(account.citizen_id))
        return {"message_token": self._world.chats.tokens.new(), "user": user}

    async def get_online(self, asked: Asked) -> Json:
        """Return who of at most a hundred is online."""
        ids = asked.params.get("ids")
        if ids is None:
            raise missing("ids")
        if not isinstance(ids, list) or any(checks.text(64)(one) for one in ids):
            raise bad_data("ids: must be an array of ids")
        if not 1 <= len(ids) <= MOST_ONLINE:
            raise bad_data(f"ids: between 1 and {MOST_ONLINE}")
        return {"users": [self._online(user_id) for user_id in ids]}

    def _online(self, user_id: str) -> dict[str, Any]:
        account = self._world.accounts.known_as(user_id)
        if account is None or not account.subscribed:
            return {"id": user_id, "online_status": 4, "online_status_message": "unavailable"}
        if account.online:
            return {"id": user_id, "online_status": 0, "online_status_message": "online"}
        last = milliseconds(self._clock.now())
        shown = {"id": user_id, "online_status": 1, "online_status_message": "offline"}
        return {**shown, "last_online": last}


ALL_EVENTS = ("delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started")
