"""The story that is shown to an agency, as a person plays it on the page: clerk, receipt, citizen, stamp."""

import re

from playwright.async_api import FrameLocator, Locator, Page, expect

# Every message about a document names its application by the end of the number.
NUMBER = re.compile(r"№|No\.")


def log(page: Page, citizen: str) -> Locator:
    """The messages on somebody's phone."""
    return phone(page, citizen).get_by_role("log", name="Messages")


def phone(page: Page, citizen: str) -> Locator:
    """Somebody's phone."""
    return page.get_by_role("region", name=f"Phone of {citizen}")


def office(page: Page) -> Locator:
    """The clerk's desk."""
    return page.get_by_role("region", name="The office")


def application(page: Page, holder: str) -> Locator:
    """One application on the desk."""
    return office(page).get_by_role("listitem").filter(has_text=holder)


def receipt(page: Page) -> Locator:
    """The dialog with the receipt that was printed."""
    return page.get_by_role("dialog", name="Receipt of")


def paper(page: Page) -> FrameLocator:
    """The printed page in it."""
    return page.frame_locator("#print-page")


async def is_live(page: Page) -> None:
    """Wait until the page hears of everything."""
    await expect(page.locator("#status")).to_have_attribute("data-state", "live")


async def welcome_citizen(page: Page, name: str, language: str) -> None:
    """Give somebody a phone; it opens."""
    await page.get_by_role("button", name="New citizen").click()
    await page.get_by_label("Language of the phone").select_option(language)
    await page.get_by_role("textbox", name="Name", exact=True).fill(name)
    await page.get_by_role("button", name="Add citizen").click()
    await expect(phone(page, name)).to_be_visible()


async def register(page: Page, holder: str, document: str) -> None:
    """Register an application; its receipt comes out of the printer."""
    await office(page).get_by_label("Document").select_option(label=document)
    await office(page).get_by_label("Holder").fill(holder)
    await office(page).get_by_role("button", name="Register and print").click()
    await expect(receipt(page)).to_be_visible()
    await expect(paper(page).locator(".code")).to_be_visible()


async def hold_phone_over(page: Page, name: str, *, photo: bool = False) -> None:
    """Let somebody scan the receipt that lies there, or send a photo of it; the bot asks for consent."""
    deed = f"{name} sends a photo" if photo else f"{name} scans it"
    await receipt(page).get_by_role("button", name=deed).click()
    await expect(log(page, name).locator(".from-bot .key").first).to_be_visible()


async def say_yes(page: Page, name: str) -> None:
    """Consent, and wait until the bot has told where the document is."""
    question = log(page, name).locator(".from-bot").filter(has=page.locator(".key")).last
    await question.locator(".key").first.click()
    await expect(log(page, name)).to_contain_text(NUMBER)


async def stamp(page: Page, holder: str, stage: str) -> None:
    """Stamp the next stage and see that it is the one expected."""
    await application(page, holder).get_by_role("button", name="Stamp").click()
    await expect(application(page, holder).locator(".where")).to_contain_text(stage)
