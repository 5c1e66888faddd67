"""Several addresses of one person: where we write, in which order, and how one more is added."""

from collections.abc import Collection, Mapping

from contracts.channels import CHANNELS, WEB, channel_of
from services.notifier.domain.addresses.ways import (
    Dropped,
    Inviting,
    Lettered,
    Way,
    Ways,
    letterbox_of,
    takes_letters,
)
from services.notifier.domain.messages import Button, Message, Text, shown
from services.notifier.domain.messages import joined as in_a_row
from services.notifier.wording.i18n import Speech, Voice
from services.notifier.wording.keyboard import buttons, callback_data
from services.notifier.wording.markup import bold, clipped, lines, literal, paragraphs, text_of
from services.notifier.wording.notices import document_line
from services.notifier.wording.prompts.common import how_to_begin, never_asked

_MOST_WAYS = 8
_MOST_DOCUMENTS = 10


def messenger(speech: Speech, account: str) -> Text:
    """Return what people call an account: its messenger, and the bot's name where there are several."""
    kind = CHANNELS.get(channel_of(account))
    terms = speech.catalogue.agency.channel(account)
    if kind is None:
        return text_of(account, 40)
    if kind is WEB:
        return speech.say("Page in the browser")
    if terms is None or terms.account is None:
        return literal(kind.title)
    return literal(f"{kind.title} ({kind.called.format(name=terms.name)})")


def ways(speech: Speech, found: Ways, replaces: str | None, *, more: bool) -> Message:
    """Tell where we write to somebody, in which order and why; `more`: another way can be added."""
    listed = list(enumerate(found.all[:_MOST_WAYS], 1))
    letters = letterbox_of(found.all) is not None
    text = paragraphs(
        (
            bold(speech.say("Where we write to you")),
            lines(*(_line(speech, number, way, here=way.address_id == found.here) for number, way in listed)),
            _explained(speech, found, several=len(listed) > 1, more=more),
        )
    )
    rows = (
        *(row for number, way in listed for row in _row(speech, number, way, several=len(listed) > 1)),
        *(((buttons.button(speech.say("Add another way"), callback_data.ADD_WAY),),) if more else ()),
        *(((buttons.button(speech.say("Mail me where it is"), callback_data.LETTER),),) if letters else ()),
        (buttons.settings(speech), buttons.help_(speech)),
    )
    return Message(text, rows, replaces)


def lettered(speech: Speech, served: Collection[str], done: Lettered) -> Message:
    """Tell whether a letter was written to the reader's own address, and how to add one where there is none.

    `served` are the accounts by which an address can be added.
    """
    if done.way is not None:
        return Message(
            speech.say("It is on its way to your mailbox. If it does not come, look among the unwanted mail.")
        )
    ways_and_help = (_all_ways(speech), buttons.help_(speech))
    if done.shut:
        text = lines(
            speech.say("We cannot write to your mailbox now: letters to it came back, or you ended it."),
            speech.say("Take it off and add it once more: /ways"),
        )
        return Message(text, (ways_and_help,))
    if not any(takes_letters(account) for account in served):
        return Message(speech.say("We send no e-mail here."), (ways_and_help,))
    text = lines(
        speech.say("You have not told us an address of e-mail yet."),
        speech.say("Add one by the button below, then ask once more: /mail"),
    )
    add = buttons.button(speech.say("Add another way"), callback_data.ADD_WAY)
    return Message(text, ((add,), ways_and_help))


def no_mailbox(speech: Speech) -> Message:
    """Tell somebody who follows nothing why nothing can be written to their mailbox."""
    text = speech.say("We write to your mailbox once you follow a document and have told us your address.")
    return Message(paragraphs((text, how_to_begin(speech))), buttons.for_strangers(speech))


def _explained(speech: Speech, found: Ways, *, several: bool, more: bool) -> Text | None:
    if not several:
        alone = speech.say("If this way fails, we cannot reach you. A second way helps.")
        return alone if more else None
    return lines(
        speech.say("If a message cannot reach you by the first way, we try the next one."),
        speech.say("This is the order that you chose.")
        if found.own_order
        else speech.say("This is our usual order. You can change it."),
        speech.say("If none works, the office sees that you were not reached, and may call you."),
    )


def _exposed(way: Way) -> bool:
    kind = CHANNELS.get(channel_of(way.account))
    return kind is not None and kind.exposed


def _line(speech: Speech, number: int, way: Way, *, here: bool) -> Text:
    notes = [
        *([speech.say("this chat")] if here else []),
        *([_told(speech, way)] if _exposed(way) else []),
        *([] if way.reachable else [speech.say("we cannot write there now")]),
    ]
    named = in_a_row((literal(f"{number}. "), messenger(speech, way.account)))
    return in_a_row((named, *(in_a_row((literal(", "), note)) for note in notes)))


def _told(speech: Speech, way: Way) -> Text:
    if way.detail == "all":
        return speech.say("we tell everything there")
    return speech.say("we tell only that there is news")


def _row(speech: Speech, number: int, way: Way, *, several: bool) -> buttons.Rows:
    told = ((_teller(speech, number, way),),) if _exposed(way) else ()
    if not several:
        return ((_dropper(speech, number, way),), *told)
    first = buttons.button(
        speech.say("First: {way}", way=_label(speech, number, way)),
        callback_data.way("first", way.address_id),
    )
    return ((*((first,) if number > 1 else ()), _dropper(speech, number, way)), *told)


def _teller(speech: Speech, number: int, way: Way) -> Button:
    named = _label(speech, number, way)
    if way.detail == "all":
        return buttons.button(
            speech.say("Tell only the news: {way}", way=named), callback_data.way("news", way.address_id)
        )
    return buttons.button(
        speech.say("Tell everything: {way}", way=named), callback_data.way("all", way.address_id)
    )


def _dropper(speech: Speech, number: int, way: Way) -> Button:
    label = speech.say("Do not write to: {way}", way=_label(speech, number, way))
    return buttons.button(label, callback_data.way("ask_drop", way.address_id))


def _label(speech: Speech, number: int, way: Way) -> str:
    return clipped(f"{number}. {shown(messenger(speech, way.account))}", 24)


def confirm_drop(speech: Speech, number: int, way: Way) -> Message:
    """Ask before an address is taken off."""
    text = lines(
        speech.say("Shall we stop writing to you here: {way}?", way=_label(speech, number, way)),
        speech.say("All news then comes by your other ways. You still follow your documents."),
    )
    yes = buttons.button(speech.say("Yes, stop"), callback_data.way("drop", way.address_id))
    return Message(text, ((yes,), (buttons.keep(speech),)))


def last_way(speech: Speech, replaces: str | None) -> Message:
    """Tell that the last address stays, and what one can do instead."""
    text = lines(
        speech.say("This is the only way by which we can reach you, so it stays."),
        speech.say("To get no more messages, send /stop. To have everything erased, send /forget."),
    )
    return Message(text, ((_all_ways(speech), buttons.help_(speech)),), replaces)


def way_dropped(speech: Speech, done: Dropped, replaces: str | None) -> Message:
    """Confirm that an address is written to no more, and tell where the news come now."""
    account = messenger(speech, done.account)
    text = lines(
        speech.say("Done. We will not write to this chat any more.")
        if done.here
        else speech.say("Done. We will not write to you there any more: {messenger}", messenger=account),
        speech.say("We now write to you here: {messenger}", messenger=messenger(speech, done.first)),
    )
    rows = ((buttons.help_(speech),),) if done.here else ((_all_ways(speech), buttons.help_(speech)),)
    return Message(text, rows, replaces)


def invited(speech: Speech, links: Mapping[str, str]) -> Message:
    """Hand links over that each add an address, by account; none: there is nothing to add."""
    if not links:
        text = speech.say("There is no other messenger by which we can write to you now.")
        return Message(text, ((_all_ways(speech), buttons.help_(speech)),))
    text = lines(
        speech.say("Where else shall we write to you? Open it with the button below."),
        speech.say("There we ask you once more. Then every message can reach you by both ways."),
        speech.say("The link works once, for a day. Do not give it to anybody: it is for you alone."),
    )
    rows = [
        (Button(shown(speech.say("Open {messenger}", messenger=messenger(speech, account))), url=link),)
        for account, link in links.items()
    ]
    return Message(text, (*rows, (_all_ways(speech), buttons.help_(speech))), private=True)


def second_way(speech: Speech) -> Message:
    """Ask, once, for a second address."""
    text = lines(
        speech.say("Shall we have a second way to write to you?"),
        speech.say("If one messenger does not work, the news comes by the other one."),
    )
    add = buttons.button(speech.say("Add another way"), callback_data.ADD_WAY)
    return Message(text, ((add,), (buttons.cancel(speech),)))


def confirm_join(
    voice: Voice,
    speech: Speech,
    inviting: Inviting,
    secret: str,
    replaces: str | None,
) -> Message:
    """Ask whether somebody is the one who made a link: from where it came and what is followed there."""
    documents = [
        document_line(speech, one.document_type, one.masked) for one in inviting.followed[:_MOST_DOCUMENTS]
    ]
    text = paragraphs(
        (
            bold(speech.say("Are you the one who made this link?")),
            speech.say("It was made in {messenger}.", messenger=messenger(speech, inviting.account)),
            lines(speech.say("These documents are followed there:"), *documents)
            if documents
            else speech.say("No documents are followed there now."),
            speech.say(
                "Say yes only if that was you. Then we write to you here as well, "
                "and each way sees and changes the same."
            ),
            speech.say("If somebody else sent you this link, say no."),
            never_asked(speech),
        )
    )
    yes = buttons.button(speech.say("Yes, that is me"), callback_data.joining("y", secret, speech.language))
    no = buttons.button(speech.say("No, that is not me"), callback_data.CANCEL)
    others = tuple(
        Button(buttons.language_name(language), callback_data.joining("a", secret, language))
        for language in voice.languages
        if language != speech.language
    )
    return Message(text, ((yes,), (no,), *((others,) if others else ())), replaces, private=True)


def joined(speech: Speech, replaces: str | None) -> Message:
    """Confirm that we write here as well."""
    text = lines(
        speech.say("Done. We now write to you here as well."),
        speech.say("To see all ways and to change their order, send /ways."),
    )
    return Message(text, ((buttons.status(speech), _all_ways(speech)),), replaces)


def added(speech: Speech, account: str) -> Message:
    """Tell somebody where they were before that there is one more way."""
    where = messenger(speech, account)
    text = lines(
        speech.say("From now on we write to you here too: {messenger}", messenger=where),
        speech.say("If that was not you, send /ways and take that way off at once."),
    )
    return Message(text)


def one_already(speech: Speech, replaces: str | None) -> Message:
    """Tell somebody who opened their own link that nothing is to be done."""
    text = lines(
        speech.say("We know you here already: this way is yours."),
        speech.say("To add another messenger, open the link there."),
    )
    return Message(text, ((_all_ways(speech), buttons.help_(speech)),), replaces)


def uninvited(speech: Speech, *, follows: bool, replaces: str | None) -> Message:
    """Say the same for a link that is wrong, used, replaced or too old."""
    text = lines(
        speech.say("This link does not work. Each one works once, for a day, and a new one replaces it."),
        speech.say("To get a new one, send /ways where we already write to you."),
    )
    return Message(text, buttons.helpful(speech, follows=follows), replaces)


def _all_ways(speech: Speech) -> Button:
    return buttons.button(speech.say("Where we write to you"), callback_data.WAYS)
