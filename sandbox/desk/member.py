"""A simulated member of staff: takes who waited a little, reads, thinks, answers, and closes what is done.

Slow enough that whoever tries the page as one of the staff may be faster.
"""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

from runtime.clock import Clock, pause
from runtime.logs import logger
from sandbox.desk.browser import Browser, SignedOutError
from sandbox.desk.page import Page

LOG = logger(__name__)
AWAY_SECONDS = 3.0
GREETING: Mapping[str, str] = {"uk": "Добрий день!", "ru": "Добрый день!", "en": "Hello!"}
NO_ANSWER: Mapping[str, str] = {
    "uk": "Дякуємо за запитання. Ми з’ясуємо це у відділенні й напишемо вам сьогодні.",
    "ru": "Спасибо за вопрос. Мы уточним это в отделении и напишем вам сегодня.",
    "en": "Thank you for asking. We will find out at the office and write to you today.",
}


@dataclass(frozen=True)
class Pace:
    """Seconds: how long somebody waits before one is taken, what an answer takes, until silence closes."""

    patience: float = 12.0
    thinking: tuple[float, float] = (2.0, 6.0)
    silence: float = 60.0
    look: float = 1.0


@dataclass
class Member:
    """One of them, at work until told to stop."""

    browser: Browser
    clock: Clock
    pace: Pace = field(default_factory=Pace)
    seed: int = 0
    seen: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)

    async def run(self, stop: asyncio.Event) -> None:
        """Work; where the desk is away, wait until it is there again."""
        chance = random.Random(self.seed)  # noqa: S311 - a pace, no secret
        while not stop.is_set():
            try:
                await self._work(stop, chance)
            except SignedOutError:
                await self._sign_in(stop)
            except (aiohttp.ClientError, TimeoutError) as error:
                LOG.info("the desk does not answer yet", login=self.browser.login, error=type(error).__name__)
                await pause(stop, AWAY_SECONDS)

    async def _sign_in(self, stop: asyncio.Event) -> None:
        try:
            await self.browser.sign_in()
        except SignedOutError:
            LOG.warning("the desk does not let a member of staff in", login=self.browser.login)
            await pause(stop, AWAY_SECONDS)

    async def _work(self, stop: asyncio.Event, chance: random.Random) -> None:
        while not stop.is_set():
            page = await self.browser.get("/conversations")
            now = self.clock.monotonic()
            waiting = [row for row, waits in page.rows if waits]
            self.seen = {row: self.seen.get(row, now) for row in waiting}
            ripe = [row for row in waiting if now - self.seen[row] >= self.pace.patience]
            mine = [row for row in self.answered if row not in ripe]
            if ripe:
                await self._take(ripe[0], stop, chance)
            for row in mine:
                await self._finish(row, now)
            await pause(stop, self.pace.look)

    async def _take(self, row: str, stop: asyncio.Event, chance: random.Random) -> None:
        page = await self.browser.get(f"/conversations/{row}")
        if page.form("answer") is None or page.form("close") is None:
            take = next((one for one in page.forms if one.fields.get("id") == row), None)
            if take is None:
                self.seen.pop(row, None)
                return
            page = await self.browser.send(take)
        await pause(stop, chance.uniform(*self.pace.thinking))
        if page.form("close") is None:
            return
        suggestion = page.form("sure")
        if suggestion is not None:
            page = await self.browser.send(suggestion)
        answer = page.form("answer")
        if answer is None:
            return
        await self.browser.send(answer, text=self._words(page, answer.fields.get("text", "")))
        self.answered[row] = self.clock.monotonic()
        self.seen.pop(row, None)

    def _words(self, page: Page, suggested: str) -> str:
        language = page.language if page.language in GREETING else "uk"
        first = not any(one.kind == "staff" for one in page.said)
        told = suggested.strip() or NO_ANSWER[language]
        return f"{GREETING[language]} {told}" if first else told

    async def _finish(self, row: str, now: float) -> None:
        """Close what was answered, once the citizen says no more."""
        if now - self.answered[row] < self.pace.silence:
            return
        del self.answered[row]
        page = await self.browser.get(f"/conversations/{row}")
        close = page.form("close")
        if close is not None:
            await self.browser.send(close)
