"""A picture of the phone page: `python -m tests.acceptance.picture URL OUT.png [--citizen NAME] [--dark]`.

Wide, at twice the scale, with the chat of the named citizen open, or of the one who was written to last.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from playwright.async_api import Error, ViewportSize, expect

from tests.acceptance.chromium import NoChromiumError, chromium

WIDE = ViewportSize(width=1360, height=860)


async def take(url: str, out: Path, citizen: str | None, *, dark: bool) -> None:
    """Open the page at `url` and write the picture to `out`; raise Error where that does not work."""
    async with chromium() as browser:
        page = await browser.new_page(
            viewport=WIDE,
            device_scale_factor=2,
            reduced_motion="reduce",
            color_scheme="dark" if dark else "light",
        )
        await page.goto(url)
        people = page.get_by_role("list", name="Citizens").get_by_role("link")
        if citizen is not None:
            people = people.filter(has_text=citizen)
        await people.first.click()
        await expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
        # The list shows the chat as read once the server has heard of it.
        await expect(page.locator("[aria-current] .badge")).to_have_count(0)
        await page.mouse.move(WIDE["width"] - 1, WIDE["height"] - 1)
        await page.get_by_role("log").evaluate("node => document.activeElement.blur()")
        out.parent.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=out)


def main() -> int:
    """Take the picture that the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.picture")
    parser.add_argument("url", help="where the phone page is")
    parser.add_argument("out", type=Path, help="the PNG file to write")
    parser.add_argument("--citizen", help="a part of the name of the one whose chat is to be open")
    parser.add_argument("--dark", action="store_true")
    given = parser.parse_args()
    try:
        asyncio.run(take(given.url, given.out, given.citizen, dark=given.dark))
    except (NoChromiumError, Error, AssertionError) as error:
        sys.stderr.write(f"picture: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
