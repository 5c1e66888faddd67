"""Everything that is held about somebody, as a text that they can read."""

from collections.abc import Iterator
from datetime import datetime

from contracts.messages.desk.appointments import Status
from contracts.messages.following import Holding
from services.notifier.domain.actions import Holdings, KnownRecipient
from services.notifier.domain.messages import Text, joined, shown
from services.notifier.domain.time_zones import city_of
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard import buttons
from services.notifier.wording.markup import literal, text_of
from services.notifier.wording.notices import document_line, stage_of
from services.notifier.wording.prompts.ways import messenger


def readable(held: Holdings, person: KnownRecipient, speech: Speech, at: datetime) -> str:
    """Return the text of the file, in the reader's language and time zone."""
    parts = [
        [
            speech.say("Everything that we keep about you"),
            speech.say("Made on {moment}", moment=speech.moment(at)),
        ],
        list(_chat(held, person, speech)),
        *(list(_document(holding, speech)) for holding in held.tracker.holdings),
        *([list(_spoken(held, speech))] if held.spoken else []),
        *filter(None, [list(_appointments(held, speech))]),
        [
            speech.say(
                "The office keeps the papers of your application, as the law requires. "
                "Nobody can find in them where we write to you."
            )
        ],
    ]
    return "\n\n".join("\n".join(map(shown, part)) for part in parts) + "\n"


def _chat(held: Holdings, person: KnownRecipient, speech: Speech) -> Iterator[Text]:
    for number, reached in enumerate(held.reached, 1):
        named = messenger(speech, reached.account)
        yield speech.say("{n}. Messenger: {name}", n=number, name=named)
        yield speech.say("Address there: {address}", address=reached.address)
        yield speech.say("You last wrote there on {moment}", moment=speech.moment(reached.heard_at))
        if not reached.reachable:
            yield speech.say("We cannot write there now.")
        if reached.detail is not None:
            yield (
                speech.say("You let us tell everything there.")
                if reached.detail == "all"
                else speech.say("You let us tell there only that there is news.")
            )
    yield speech.say("Known since {moment}", moment=speech.moment(held.since))
    yield speech.say("You agreed on {moment}", moment=speech.moment(held.consented_at))
    yield speech.say("Language: {language}", language=buttons.language_name(person.language))
    yield speech.say("Time zone: {zone}", zone=city_of(speech.zone.key, speech.locale))
    if person.quiet is not None:
        hours = f"{person.quiet.start:%H:%M}–{person.quiet.end:%H:%M}"
        yield speech.say("Quiet hours: {hours}", hours=hours)
    yield speech.say("Code phrase: {phrase}", phrase=person.personal.phrase or speech.say("none"))
    yield speech.say("Messages on record: {n}", n=held.messages)
    if held.browsers:
        yield speech.say("Messages that stand on your page, for 90 days: {n}", n=held.lines)
        yield speech.say("Browsers that show your page: {n}", n=held.browsers)
        yield speech.say("Browsers that are told while the page is closed: {n}", n=held.pushes)
    if held.asked:
        yield speech.say("What you asked last, for three days, so that you can have the answer by e-mail")


def _spoken(held: Holdings, speech: Speech) -> Iterator[Text]:
    yield speech.say("Your conversations with our staff:")
    for one in held.spoken:
        begun, ended = speech.moment(one.opened_at), one.ended_at
        yield (
            speech.say("From {moment}, still open", moment=begun)
            if ended is None
            else speech.say("From {begun} to {ended}", begun=begun, ended=speech.moment(ended))
        )
        if one.words is None:
            yield speech.say("What was written cannot be had now. Please ask again later.")
        for said in one.words or ():
            yield joined((speech.moment(said.at), literal(", "), _author(said.author, speech), literal(":")))
            yield from (text_of(line, 4000) for line in said.text.splitlines() if line.strip())
        if one.content is not None:
            yield (
                speech.say("You were content with it.")
                if one.content
                else speech.say("You were not content with it.")
            )


def _author(name: str | None, speech: Speech) -> Text:
    if name is None:
        return speech.say("you")
    return text_of(name, 100) if name.strip() else speech.say("our staff")


def _appointments(held: Holdings, speech: Speech) -> Iterator[Text]:
    if held.appointments is None:
        yield speech.say("Your appointments could not be asked for now. Please ask again later.")
    for one in held.appointments or ():
        stands = one.status is Status.BOOKED
        state = speech.say("booked") if stands else speech.say("over")
        yield speech.say("Appointment: {when} ({state})", when=speech.moment(one.starts_at), state=state)


def _document(holding: Holding, speech: Speech) -> Iterator[Text]:
    yield document_line(speech, holding.document_type, holding.masked, holding.subscription_id)
    yield speech.say("You follow it since {moment}", moment=speech.moment(holding.since))
    yield speech.say(
        "You agreed on {moment} (wording {version})",
        moment=speech.moment(holding.consented_at),
        version=holding.consent_version,
    )
    if holding.ended_at is not None:
        yield speech.say("You follow it no more since {moment}", moment=speech.moment(holding.ended_at))
    for moment in holding.moments:
        stage = stage_of(speech, holding.document_type, moment.stage)
        name = moment.stage if stage is None else speech.pick(stage.name)
        yield joined((speech.moment(moment.occurred_at), literal(": "), text_of(name, 120)))
    yield speech.say("Messages about it: {n}", n=holding.notices)
