"""The browsers on disk, in the file of the simulated phones, through a connection of their own."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from sandbox.browser.model import Browser, Shown
from sandbox.worlds import WorldStore

_BROWSER = TypeAdapter(Browser)
_SHOWN = TypeAdapter(Shown)


class Store(WorldStore):
    """Reads and writes the browsers; opened at construction, closed by `close`."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, or a world in memory where there is none."""
        super().__init__(path, "sandbox.browser")

    def put_browser(self, browser: Browser) -> None:
        """Write a browser."""
        self._run("put_browser", browser.citizen_id, _BROWSER.dump_json(browser).decode())

    def browsers(self) -> Iterator[Browser]:
        """Yield every browser."""
        return self._all(_BROWSER, "browsers")

    def put_shown(self, shown: Shown) -> None:
        """Write what came up."""
        self._run("put_shown", shown.citizen_id, shown.message_id, _SHOWN.dump_json(shown).decode())

    def shown_to(self, citizen_id: int, after: int = 0) -> Iterator[Shown]:
        """Yield what came up on a phone, oldest first."""
        return self._all(_SHOWN, "shown_to", citizen_id, after)

    def last(self, citizen_id: int) -> Shown | None:
        """Return what came up last on a phone."""
        return next(self._all(_SHOWN, "newest", citizen_id), None)
