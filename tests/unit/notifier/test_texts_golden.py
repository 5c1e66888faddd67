"""Every message as it was read through by eye; `UPDATE_GOLDEN=1 pytest` writes the files anew."""

import os
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import pytest

from contracts.ids import SubscriptionId
from contracts.notice import NoticeKind
from contracts.rpc import Followed
from services.notifier import prompts
from services.notifier.channel import Message
from services.notifier.speech import Voice
from services.notifier.texts import render_notice
from tests.unit.notifier.conftest import HAPPENED, MakeNotice

GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = ("uk", "ru", "en")
TOKEN = "A" * 22
STAGES = (
    "accepted",
    "verification",
    "correction_needed",
    "printing",
    "shipped",
    "arrived",
    "returned",
    "rejected",
    "issued",
)
DETAILS: Mapping[str, Mapping[str, object]] = {
    "correction_needed": {"missing": ("photograph", "fee_receipt"), "note": "papers_incomplete"},
    "printing": {"note": "high_demand"},
    "returned": {"note": "defect_found", "expected_at": None},
    "rejected": {"note": "grounds_insufficient", "expected_at": None},
    "issued": {"expected_at": None},
}


def as_file(message: Message) -> str:
    """A message as its golden file holds it: the text, then each row of buttons."""
    rows = ["  ".join(f"[{button.text}]{button.url or ''}" for button in row) for row in message.buttons]
    return "\n".join([message.html, "---", *rows]) + "\n"


def compare(path: Path, text: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text


def test_every_stage_has_golden_files(voice: Voice) -> None:
    """No stage of the sample agency is left out below."""
    assert set(STAGES) == voice.catalogue.stages.keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("stage", STAGES)
def test_notices(voice: Voice, notice_of: MakeNotice, stage: str, kind: NoticeKind, language: str) -> None:
    """A notice of each stage and kind reads as it was approved."""
    notice = notice_of(stage=stage, kind=kind, **DETAILS.get(stage, {}))

    compare(GOLDEN / language / f"{stage}.{kind}.txt", as_file(render_notice(notice, language, voice)))


def conversation(voice: Voice, language: str) -> dict[str, Message]:
    """Everything that the bot says of itself, by name."""
    speech, one = voice.speech(language), UUID(int=2)
    followed = Followed(
        subscription_id=SubscriptionId(one),
        document_type="id_card",
        masked="…0001",
        revision=3,
        stage="printing",
        since=HAPPENED,
    )
    waiting = followed.model_copy(update={"stage": None})
    return {
        "welcome": prompts.welcome(speech, follows=False),
        "welcome again": prompts.welcome(speech, follows=True),
        "consent": prompts.consent(voice, speech, "token", TOKEN, again=False),
        "consent again": prompts.consent(voice, speech, "token", TOKEN, again=True),
        "declined": prompts.declined(speech, follows=False, replaces=None),
        "declined again": prompts.declined(speech, follows=True, replaces=None),
        "follows": prompts.now_follows(speech, followed, created=True, replaces=None),
        "follows already": prompts.now_follows(speech, followed, created=False, replaces=None),
        "follows, no news": prompts.now_follows(speech, waiting, created=True, replaces=None),
        "not found": prompts.not_found(speech),
        "not understood": prompts.not_understood(speech, follows=True),
        "only text": prompts.only_text(speech),
        "nothing followed": prompts.nothing_followed(speech),
        "stop one?": prompts.confirm_stop(speech, one),
        "stop all?": prompts.confirm_stop(speech, None),
        "stopped none": prompts.stopped(speech, 0, None),
        "stopped one": prompts.stopped(speech, 1, None),
        "stopped three": prompts.stopped(speech, 3, None),
        "stopped five": prompts.stopped(speech, 5, None),
        "kept": prompts.kept(speech, None),
        "languages": prompts.languages(voice, speech),
        "language set": prompts.language_set(speech, None),
        "help": prompts.help_(speech, follows=True),
        "forget?": prompts.confirm_forget(speech),
        "forgotten": prompts.forgotten(speech, None),
        "nothing kept": prompts.nothing_kept(speech),
        "try later": prompts.try_later(speech),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_conversation(voice: Voice, language: str) -> None:
    """What the bot says of itself reads as it was approved."""
    found = conversation(voice, language)

    text = "\n".join(f"=== {name}\n{as_file(message)}" for name, message in found.items())

    compare(GOLDEN / language / "conversation.txt", text)
