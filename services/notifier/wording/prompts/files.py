"""Files for people of the agency: that they have one, or kindly why they do not."""

from uuid import UUID

from contracts.catalogue.desk_terms import FileTerms, FileType
from services.notifier.domain.handover import Refusal
from services.notifier.domain.messages import Message, Text, joined, shown
from services.notifier.wording.i18n import Speech
from services.notifier.wording.markup import lines, literal
from services.notifier.wording.prompts.people import end_button

_MEGABYTE = 1024 * 1024
_NAMES: dict[FileType, str] = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "pdf": "PDF"}


def file_kept(speech: Speech, days: int, conversation: UUID) -> Message:
    """Tell that people have the first file of a conversation, and for how long such files are kept."""
    text = lines(
        speech.say("Our staff have what you sent."),
        kept_for(speech, days),
    )
    return Message(text, ((end_button(speech, conversation),),))


def kept_for(speech: Speech, days: int) -> Text:
    """Tell for how long files are kept."""
    return speech.count(
        "Photos and files that you send to our staff are encrypted. We erase them after {n} day.",
        "Photos and files that you send to our staff are encrypted. We erase them after {n} days.",
        days,
    )


def file_refused(speech: Speech, why: Refusal, terms: FileTerms | None, conversation: UUID) -> Message:
    """Tell in one sentence why people do not get a file, and what to do."""
    return Message(refusal(speech, why, terms), ((end_button(speech, conversation),),))


def refusal(speech: Speech, why: Refusal, terms: FileTerms | None) -> Text:
    """Return the sentence that says why people do not get a file; without `terms` they take none."""
    if terms is None or why == "off":
        return speech.say("Our staff cannot take photos or files here. Please write it in words.")
    most = f"{terms.most_bytes / _MEGABYTE:.1f}".removesuffix(".0")
    said: dict[Refusal, Text] = {
        "type": speech.say("Nobody got this: we can take only {types}.", types=_types(terms)),
        "unreadable": speech.say(
            "Nobody got this: it cannot be read. Please take another photo and send it."
        ),
        "dots": speech.say("Nobody got this: the picture is too large. Please send it as a usual photo."),
        "large": speech.say("Nobody got this: it is too large. At most {n} MB can be sent.", n=most),
        "gone": speech.say(
            "Nobody got this: it is gone, or larger than {n} MB. Please send it once more.", n=most
        ),
        "many": speech.count(
            "Nobody got this: {n} file can be sent here. Please write the rest in words.",
            "Nobody got this: {n} files can be sent here. Please write the rest in words.",
            terms.most_a_conversation,
        ),
        "full": speech.say(
            "Nobody got this: we cannot take files now. Please send it tomorrow, or write it in words."
        ),
    }
    return said[why]


def file_named(speech: Speech, kind: FileType, size: int) -> str:
    """Return what a file is called in a conversation: never by the name that somebody gave it."""
    megabytes = f"{max(size / _MEGABYTE, 0.1):.1f}"
    if kind == "pdf":
        return shown(speech.say("A document (PDF), {n} MB", n=megabytes))
    return shown(speech.say("A photo, {n} MB", n=megabytes))


def _types(terms: FileTerms) -> Text:
    return joined([literal(_NAMES[one]) for one in terms.types], literal(", ")[0])
