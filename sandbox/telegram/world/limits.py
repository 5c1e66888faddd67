"""How fast a bot may send: token buckets for the bot and for each chat, and pauses ordered by the script.

A rate of 0 means unlimited. Times are monotonic seconds; nothing here reads a clock.
"""

import math
from dataclasses import dataclass

# Tokens and seconds that floating-point sums may be short of; nobody is refused for their sake.
_DUST = 1e-6


@dataclass(frozen=True, slots=True)
class Rate:
    """Tokens per second, and how many may be saved up."""

    per_second: float
    burst: float

    @property
    def unlimited(self) -> bool:
        """Tell whether this rate never refuses."""
        return self.per_second <= 0


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens as they were at an instant."""

    tokens: float
    at: float

    def at_instant(self, now: float, rate: Rate) -> "Bucket":
        """Return the bucket filled up to `now`; a clock that goes back adds nothing."""
        earned = max(0.0, now - self.at) * rate.per_second
        return Bucket(tokens=min(rate.burst, self.tokens + earned), at=max(now, self.at))

    def wait(self, rate: Rate) -> float:
        """Return the seconds until one token is there; 0 where it is."""
        return 0.0 if self.tokens >= 1 - _DUST else (1 - self.tokens) / rate.per_second

    def taken(self) -> "Bucket":
        """Return the bucket with one token less."""
        return Bucket(tokens=self.tokens - 1, at=self.at)


def whole_seconds(wait: float) -> int:
    """Round a wait up to the whole seconds that `retry_after` speaks; 0 where there is none to speak of."""
    return max(0, math.ceil(wait - _DUST))


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """The rates of a bot: all its messages, and those to one chat."""

    bot: Rate = Rate(30, 30)
    chat: Rate = Rate(1, 3)


def limit_settings(
    global_rate: float, chat_rate: float, global_burst: float | None = None, chat_burst: float | None = None
) -> LimitSettings:
    """Return limits with the bursts that go with their rates."""
    return LimitSettings(
        bot=Rate(global_rate, max(1.0, global_rate) if global_burst is None else global_burst),
        chat=Rate(chat_rate, max(3.0, chat_rate) if chat_burst is None else chat_burst),
    )


class Limits:
    """The buckets of one bot."""

    def __init__(self, settings: LimitSettings) -> None:
        self._settings = settings
        self._bot: Bucket | None = None
        self._chats: dict[int, Bucket] = {}
        self._bot_paused_until = -math.inf
        self._chats_paused_until: dict[int, float] = {}

    def admit(self, chat_id: int, now: float) -> int:
        """Take a token for a message to a chat; return 0, or the seconds to wait with nothing taken."""
        bot_rate, chat_rate = self._settings.bot, self._settings.chat
        bot = (self._bot or Bucket(bot_rate.burst, now)).at_instant(now, bot_rate)
        chat = self._chats.get(chat_id, Bucket(chat_rate.burst, now)).at_instant(now, chat_rate)
        wait = max(
            self._bot_paused_until - now,
            self._chats_paused_until.get(chat_id, now) - now,
            0.0 if bot_rate.unlimited else bot.wait(bot_rate),
            0.0 if chat_rate.unlimited else chat.wait(chat_rate),
        )
        seconds = whole_seconds(wait)
        if seconds:
            return seconds
        if not bot_rate.unlimited:
            self._bot = bot.taken()
        if not chat_rate.unlimited:
            self._chats[chat_id] = chat.taken()
        return 0

    def pause_bot(self, seconds: float, now: float) -> None:
        """Refuse everything for a while."""
        self._bot_paused_until = max(self._bot_paused_until, now + seconds)

    def pause_chat(self, chat_id: int, seconds: float, now: float) -> None:
        """Refuse one chat for a while."""
        self._chats_paused_until[chat_id] = max(self._chats_paused_until.get(chat_id, now), now + seconds)

    def change(self, settings: LimitSettings) -> None:
        """Set other rates, with full buckets and no pause."""
        self._settings = settings
        self._bot = None
        self._chats.clear()
        self._bot_paused_until = -math.inf
        self._chats_paused_until.clear()
