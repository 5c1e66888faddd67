"""The methods by which a bot gets its updates: long polling, and the webhook's settings."""

import re
from urllib.parse import urlsplit

from sandbox.telegram.api.methods import Method
from sandbox.telegram.api.params import Params
from sandbox.telegram.world.errors import bad_request, conflict
from sandbox.telegram.world.model import Json
from sandbox.telegram.world.profile import Profile, Webhook
from sandbox.telegram.world.updates import (
    MAX_LIMIT,
    MAX_TIMEOUT,
    WEBHOOK_ACTIVE,
    WEBHOOK_SET,
    UpdateQueue,
    update_json,
)

MOST_CONNECTIONS = 100
_SECRET = re.compile(r"[A-Za-z0-9_-]*")
_LONGEST_SECRET = 256
_PORTS = frozenset({None, 443, 80, 88, 8443})
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


class UpdateMethods:
    """How updates reach the bot."""

    def __init__(self, updates: UpdateQueue, profile: Profile) -> None:
        self._updates = updates
        self._profile = profile
        self._remember_allowed(profile.get("allowed_updates"))

    def table(self) -> dict[str, Method]:
        """Return the methods by lower-case name."""
        return {
            "getupdates": self.get_updates,
            "setwebhook": self.set_webhook,
            "deletewebhook": self.delete_webhook,
            "getwebhookinfo": self.get_webhook_info,
        }

    async def get_updates(self, params: Params) -> list[Json]:
        """Wait for updates; raise a 409 while a webhook is set, or when another poll comes."""
        if self._profile.webhook is not None:
            raise conflict(WEBHOOK_ACTIVE)
        limit = params.integer("limit", MAX_LIMIT)
        wait = min(MAX_TIMEOUT, max(0, params.integer("timeout")))
        self._read_allowed(params)
        updates = await self._updates.poll(
            params.integer("offset"), limit if 1 <= limit <= MAX_LIMIT else MAX_LIMIT, wait
        )
        return [update_json(update) for update in updates]

    async def set_webhook(self, params: Params) -> bool:
        """Post updates to an address from now on; an empty one goes back to polling."""
        url = params.text("url")
        if not url:
            return await self.delete_webhook(params)
        _check_address(url)
        secret = params.text("secret_token")
        if len(secret) > _LONGEST_SECRET:
            raise bad_request("secret token is too long")
        if _SECRET.fullmatch(secret) is None:
            raise bad_request("secret token contains unallowed characters")
        connections = params.integer("max_connections", 40)
        self._read_allowed(params)
        if params.flag("drop_pending_updates"):
            self._updates.clear()
        self._updates.terminate(WEBHOOK_SET)
        self._profile.last_error_at, self._profile.last_error = None, ""
        self._profile.webhook = Webhook(url, secret, min(max(connections, 1), MOST_CONNECTIONS))
        self._updates.on_added()
        return True

    async def delete_webhook(self, params: Params) -> bool:
        """Go back to polling."""
        if params.flag("drop_pending_updates"):
            self._updates.clear()
        self._profile.webhook = None
        self._updates.on_added()
        return True

    async def get_webhook_info(self, _: Params) -> Json:
        """Return how delivery stands; never the secret."""
        webhook = self._profile.webhook
        info: Json = {
            "url": "" if webhook is None else webhook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates),
        }
        if webhook is not None:
            info["max_connections"] = webhook.max_connections
            info["ip_address"] = "127.0.0.1"
        if self._updates.allowed is not None:
            info["allowed_updates"] = sorted(self._updates.allowed)
        if self._profile.last_error_at is not None:
            info["last_error_date"] = self._profile.last_error_at
            info["last_error_message"] = self._profile.last_error
        return info

    def _read_allowed(self, params: Params) -> None:
        given = params.value("allowed_updates", "can't parse allowed updates list")
        if given is None:
            return
        if not isinstance(given, list) or any(not isinstance(kind, str) for kind in given):
            raise bad_request("allowed_updates must be an Array of String")
        self._profile.put("allowed_updates", given)
        self._remember_allowed(given)

    def _remember_allowed(self, kinds: list[str] | None) -> None:
        # An empty list stands for every kind, as in the Bot API.
        self._updates.allowed = frozenset(kinds) if kinds else None


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise bad_request("bad webhook: invalid URL specified") from None
    if parts.hostname in _HERE and parts.scheme in {"http", "https"}:
        # A simulator's bot lives on this machine, on any port and without a certificate.
        return
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if port not in _PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
