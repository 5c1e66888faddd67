"""The pictures of the README: `python -m tests.acceptance.picture [DIR]`, docs/pictures where none is named.

Starts the whole installation on ports of its own, plays the sample agency's month and then the story of the
acceptance test, and takes it wide, wide in the dark, narrow, and the receipt.
"""

import argparse
import asyncio
import io
import sys
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, Error, Page, ViewportSize, expect

from cli.settings import local_settings
from cli.up.command import Sample, installation
from tests.acceptance import story
from tests.acceptance.chromium import NoChromiumError, chromium
from tests.faults.harness import prepared

WIDE, NARROW = ViewportSize(width=1440, height=900), ViewportSize(width=360, height=800)
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
CARD, PASSPORT = "National identity card", "Passport for travel abroad"
PATIENCE_MS = 30_000
# A picture of a page of few colours; with more it is several times as large and looks the same.
_COLOURS = 256


async def play(page: Page) -> None:
    """Play the story: one follows by Telegram, one by Viber, a document is ready to be collected."""
    await story.welcome_citizen(page, "Олена", "uk")
    await story.register(page, "Олена К.", PASSPORT)
    await story.hold_phone_over(page, "Олена")
    await story.say_yes(page, "Олена")
    await story.welcome_citizen(page, "Lucas", "en")
    apps = story.phone(page, "Lucas").get_by_role("group", name="Apps")
    await apps.get_by_role("button", name="Viber").click()
    await story.register(page, "Lucas B.", CARD)
    await story.receipt(page).get_by_role("button", name="Lucas scans it").click()
    await story.phone(page, "Lucas").get_by_role("button", name="Yes, write to me").click()
    await expect(story.log(page, "Lucas")).to_contain_text(story.NUMBER)
    for stage in ("Checking the details", "Being made", "On its way to the office", "Ready to collect"):
        await story.stamp(page, "Олена К.", stage)
    await story.stamp(page, "Lucas B.", "Checking the details")
    await expect(story.log(page, "Олена").get_by_role("listitem").last).to_contain_text("Можна забрати")
    await expect(story.log(page, "Lucas").get_by_role("listitem").last).to_contain_text(
        "Checking the details"
    )


async def take(page: Page, out: Path) -> None:
    """Write the picture, with nothing under the pointer or in the focus."""
    await page.mouse.move(1, 1)
    await page.evaluate("document.activeElement?.blur()")
    await expect(page.locator(".toast.shown")).to_have_count(0)
    shot = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    out.parent.mkdir(parents=True, exist_ok=True)
    shot.quantize(_COLOURS, dither=Image.Dither.NONE).save(out, optimize=True)


async def _opened(browser: Browser, url: str) -> Page:
    page = await browser.new_page(
        viewport=WIDE, device_scale_factor=2, reduced_motion="reduce", timezone_id="Europe/Kyiv"
    )
    await page.goto(url)
    await story.is_live(page)
    return page


async def work(folder: Path) -> None:
    """Take all the pictures."""
    expect.set_options(timeout=PATIENCE_MS)
    async with installation(local_settings(), Sample(applications=40, citizens=30), print) as running:
        assert running.player is not None
        assert running.addresses.phone is not None
        await running.player.prepare()
        await running.player.play(0.0)
        async with chromium() as browser:
            page = await _opened(browser, running.addresses.phone)
            await play(page)
            await take(page, folder / "story.png")
            await page.emulate_media(color_scheme="dark")
            await take(page, folder / "story-dark.png")
            await page.emulate_media(color_scheme="light")
            await story.application(page, "Олена К.").get_by_role("button", name="Receipt").click()
            await expect(story.paper(page).locator(".code")).to_be_visible()
            await take(page, folder / "receipt.png")
            await page.keyboard.press("Escape")
            await page.set_viewport_size(NARROW)
            await page.evaluate(
                "id => { location.hash = `#/citizen/${id}` }", page.url.split("/")[-1].split(",")[0]
            )
            await take(page, folder / "phone.png")


def main() -> int:
    """Take the pictures; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.picture")
    parser.add_argument("folder", type=Path, nargs="?", default=PICTURES)
    given = parser.parse_args()
    try:
        with pytest.MonkeyPatch.context() as patch, prepared(patch):
            asyncio.run(work(given.folder))
    except (NoChromiumError, Error, AssertionError) as error:
        sys.stderr.write(f"picture: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
