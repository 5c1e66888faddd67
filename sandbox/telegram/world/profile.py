"""What the bot says about itself, and how it wants its updates: a few settings that survive a restart."""

from dataclasses import dataclass
from typing import Any

from sandbox.telegram.world.model import Json
from sandbox.telegram.world.store import Store


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where updates are posted; the secret is echoed in a header and shown nowhere else."""

    url: str
    secret: str = ""
    max_connections: int = 40


class Profile:
    """The settings, in memory and written through."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._values = store.profile()
        self.last_error_at: int | None = None
        self.last_error = ""

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401  # any JSON value
        """Return a setting."""
        return self._values.get(key, default)

    def put(self, key: str, value: Any) -> None:  # noqa: ANN401  # any JSON value
        """Set a setting."""
        self._values[key] = value
        self._store.put_profile(key, value)

    def reset(self) -> None:
        """Forget every setting; the store is wiped by whoever calls this."""
        self._values.clear()
        self.last_error_at, self.last_error = None, ""

    @property
    def webhook(self) -> Webhook | None:
        """Return where updates go, None while the bot polls."""
        value: Json | None = self.get("webhook")
        return None if value is None else Webhook(**value)

    @webhook.setter
    def webhook(self, webhook: Webhook | None) -> None:
        self.put(
            "webhook",
            None
            if webhook is None
            else {
                "url": webhook.url,
                "secret": webhook.secret,
                "max_connections": webhook.max_connections,
            },
        )
