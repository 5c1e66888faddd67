"""What to bring for a document: one question after the other, and the list that follows from the answers."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from babel.numbers import format_decimal, get_currency_symbol

from contracts.catalogue import Consultation, Texts
from contracts.catalogue.consultations import Terms
from services.notifier.domain.consultations import UNSURE, Answers, Needed, Result, answered, back, encoded
from services.notifier.domain.messages import Attachment, Button, Message, Run, Text, joined, shown
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard import buttons, callback_data, consultation_data
from services.notifier.wording.keyboard.consultation_data import Consulting, Verb
from services.notifier.wording.markup import bold, lines, literal, paragraphs, text_of
from services.notifier.wording.office_texts import choose_office, office_lines
from services.notifier.wording.prompts.common import agency, how_to_begin

_MOST_OFFICES = 2


def choose_papers(speech: Speech, replaces: str | None) -> Message:
    """Offer the documents that there is a consultation for."""
    found = speech.catalogue.consultations.values()
    if not found:
        offices = choose_office(speech)
        missing = speech.say("We have no list of papers here. Please ask at the office.")
        return Message(paragraphs((missing, offices.text)), offices.buttons)
    text = lines(
        bold(speech.say("Which document do you want to apply for?")),
        speech.say("We ask a few questions and tell you what to bring. Your answers stay in this chat."),
    )
    rows = tuple((_button(one, _name(speech, one), {}),) for one in found)
    return Message(text, (*rows, (buttons.help_(speech),)), replaces)


def question(
    speech: Speech,
    consultation: Consultation,
    answers: Answers,
    asked: str,
    replaces: str | None,
    *,
    anew: bool = False,
) -> Message:
    """Ask one question of a consultation; `anew`: the one before was dropped, for the questions changed."""
    this = consultation.questions[asked]
    changed = speech.say("These questions have changed since then. Please start again.") if anew else None
    text = paragraphs(
        (
            changed,
            lines(bold(_name(speech, consultation)), *_answered(speech, consultation, answers)),
            lines(bold(speech.pick(this.text), 400), _told(speech, this.hint)),
        )
    )
    rows = [
        (_button(consultation, _told(speech, label), answered(consultation, answers, code)),)
        for code, label in this.answers.items()
    ]
    if this.unsure is not None:
        unsure = answered(consultation, answers, UNSURE)
        rows.append((_button(consultation, speech.say("I don’t know"), unsure),))
    return Message(text, (*rows, _ways_back(speech, consultation, answers)), replaces)


def papers(
    speech: Speech,
    consultation: Consultation,
    answers: Answers,
    result: Result,
    replaces: str | None,
    *,
    mails: bool = False,
) -> Message:
    """Tell what follows from the answers; `mails`: it can be had by e-mail."""
    text = paragraphs(_result(speech, consultation, answers, result))
    after: list[tuple[Button, ...]] = [
        (_button(other, _name(speech, other), {}),) for other in _instead(speech, result)
    ]
    if not result.ended:
        as_file = _button(consultation, speech.say("Send it as a file"), answers, "file")
        if len(_offices(speech, result)) > _MOST_OFFICES:
            offices = _button(consultation, speech.say("Offices and hours"), answers, "where")
            after.append((as_file, offices))
        else:
            after.append((as_file,))
        if mails:
            after.append((_button(consultation, speech.say("Send it by e-mail"), answers, "mail"),))
        follow = buttons.button(speech.say("Follow my document"), callback_data.FOLLOWING)
        after.append((follow,))
    return Message(text, (*after, _ways_back(speech, consultation, answers)), replaces)


def papers_file(
    speech: Speech, consultation: Consultation, answers: Answers, result: Result, at: datetime
) -> Message:
    """Hand the list over as a file to keep or to print, with every office that takes the application."""
    made = speech.say("Made on {moment}", moment=speech.moment(at))
    offices = [speech.catalogue.offices[code] for code in _offices(speech, result)]
    parts = (
        lines(agency(speech), made),
        *_result(speech, consultation, answers, result),
        *(office_lines(speech, office) for office in offices if len(offices) > _MOST_OFFICES),
    )
    content = shown(paragraphs(parts)) + "\n"
    text = speech.say("This file holds your list of papers.")
    file = Attachment("papers.txt", "text/plain", content)
    return Message(text, (_ways_back(speech, consultation, answers),), attachment=file)


def where_to_apply(speech: Speech, result: Result) -> Message:
    """Offer the offices that take the application."""
    return choose_office(speech, _offices(speech, result))


def how_to_follow(speech: Speech) -> Message:
    """Tell how a document is followed once somebody has applied for it."""
    receipt = lines(
        speech.say("When you apply, the office gives you a receipt."),
        speech.say("With it you can follow your document here."),
    )
    text = paragraphs((receipt, how_to_begin(speech)))
    return Message(text, ((buttons.papers(speech), buttons.help_(speech)),))


def _result(
    speech: Speech, consultation: Consultation, answers: Answers, result: Result
) -> Iterator[Text | None]:
    yield lines(bold(_name(speech, consultation)), *_answered(speech, consultation, answers))
    if result.ended:
        yield from (bold(speech.pick(one.text), 400) for one in result.advice)
        yield lines(*(_told(speech, remark) for remark in result.unsure))
        return
    yield lines(bold(speech.say("What to bring")), *(_paper(speech, one) for one in result.papers))
    if result.terms:
        yield lines(bold(speech.say("How long it takes and what it costs")), *_terms(speech, result.terms))
    yield lines(bold(speech.say("Where to apply")), *_where(speech, result))
    yield lines(*(_told(speech, remark) for remark in result.unsure))
    yield from (_told(speech, one.text) for one in result.advice)


def _answered(speech: Speech, consultation: Consultation, answers: Answers) -> Iterator[Text]:
    for code, answer in answers.items():
        asked = consultation.questions[code]
        said = speech.say("I don’t know") if answer == UNSURE else _told(speech, asked.answers[answer])
        yield joined((literal("• "), _told(speech, asked.text), literal(" "), said))


def _paper(speech: Speech, needed: Needed) -> Text:
    paper = speech.pick(speech.catalogue.papers[needed.paper])
    name = text_of(paper[:1].upper() + paper[1:])
    remarks = [part for remark in needed.remarks for part in (literal(" "), _told(speech, remark))]
    return joined((literal("• "), name, literal(".") if remarks else None, *remarks))


def _terms(speech: Speech, terms: Sequence[Terms]) -> Iterator[Text]:
    for one in terms:
        said = joined((_days(speech, one.days), _fee(speech, one.fee)), Run(", "))
        yield joined((literal("• "), _told(speech, one.name), literal(": "), said))


def _days(speech: Speech, days: int | None) -> Text | None:
    if days is None:
        return None
    return speech.count("up to {n} business day", "up to {n} business days", days)


def _fee(speech: Speech, fee: Decimal | None) -> Text | None:
    if fee is None:
        return None
    if not fee:
        return speech.say("free of charge")
    amount = format_decimal(fee, "#,##0" if fee == int(fee) else "#,##0.00", locale=speech.locale)
    sign = get_currency_symbol(speech.catalogue.agency.currency or "", locale=speech.locale)
    return literal(f"{amount}\u00a0{sign}")


def _where(speech: Speech, result: Result) -> Iterator[Text | None]:
    yield from (_told(speech, place.text) for place in result.where)
    offices = [speech.catalogue.offices[code] for code in _offices(speech, result)]
    if len(offices) <= _MOST_OFFICES:
        yield from (office_lines(speech, office) for office in offices)
    elif result.offices:
        names = "; ".join(speech.pick(office.name) for office in offices)
        yield speech.say("At one of these offices: {offices}.", offices=names)
    elif not result.where:
        yield speech.say("At any of our offices.")


def _offices(speech: Speech, result: Result) -> Sequence[str]:
    return result.offices or tuple(speech.catalogue.offices)


def _instead(speech: Speech, result: Result) -> list[Consultation]:
    codes = dict.fromkeys(one.instead for one in result.advice if one.instead is not None)
    return [speech.catalogue.consultations[code] for code in codes]


def _ways_back(speech: Speech, consultation: Consultation, answers: Answers) -> tuple[Button, ...]:
    """Return the buttons to the question before, to the first one, and to the other documents."""
    others = buttons.button(speech.say("Another document"), callback_data.OTHER_PAPERS)
    if not answers:
        return (others,)
    before = _button(consultation, speech.say("Back"), back(consultation, answers))
    return (before, _button(consultation, speech.say("Start again"), {}), others)


def _button(consultation: Consultation, label: Text, answers: Answers, verb: Verb = "go") -> Button:
    tap = Consulting(verb, consultation.code, consultation.version, encoded(consultation, answers))
    return buttons.button(label, consultation_data.data(tap))


def _name(speech: Speech, consultation: Consultation) -> Text:
    return text_of(speech.pick(speech.catalogue.documents[consultation.code].name), 160)


def _told(speech: Speech, texts: Texts | None) -> Text:
    return () if texts is None else text_of(speech.pick(texts))
