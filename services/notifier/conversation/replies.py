"""From what came of an action to the messages that tell it, each with the reader's own code phrase."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from contracts.messages.following import History, Shared
from contracts.messages.rpc import (
    Followed,
    Redeemed,
    Refused,
    StatusAnswer,
    Stopped,
)
from services.notifier.conversation import letterbox
from services.notifier.conversation.addresses import ways
from services.notifier.conversation.appointments import dialogue
from services.notifier.conversation.citizen import Citizen, changed, citizen_of
from services.notifier.conversation.inquiries import people
from services.notifier.domain.actions import (
    Action,
    Ask,
    Choose,
    ExportAll,
    Follow,
    ForgetMe,
    Holdings,
    Ignore,
    Known,
    MakeShare,
    MarkUnreachable,
    Outbound,
    Outcome,
    Question,
    ReadPhoto,
    Reply,
    Revive,
    ShowHistory,
    StopFollowing,
    Tell,
    Topic,
)
from services.notifier.domain.addresses.ways import (
    AddWay,
    AskToDrop,
    AskToJoin,
    DropWay,
    Join,
    Leave,
    PutFirst,
    ShowWays,
    TellThere,
    WriteLetter,
)
from services.notifier.domain.appointments import Appoint
from services.notifier.domain.handover import (
    AskQuestion,
    AskSubject,
    EndTalk,
    HandoverAction,
    OpenTalk,
    RateTalk,
    RateWord,
    SayMore,
    SendFile,
)
from services.notifier.domain.incoming import Document, Incoming, Photo
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import SetLanguage, SetName, SetPhrase, SetQuiet, Setting, SetZone
from services.notifier.wording import (
    export,
    notices,
    office_texts,
    prompts,
)
from services.notifier.wording.i18n import Speech, Voice

_MOST_OFFICES = 3


def answer(
    done: Action, outcome: Outcome | None, incoming: Incoming, known: Known, voice: Voice
) -> tuple[Outbound, ...]:
    """Return the messages that tell what came of an action.

    `outcome` is what we were told or `Unavailable`; None for plans that ask nobody anything.
    """
    citizen = citizen_of(incoming, known, voice)
    if known.detail is not None:
        return tuple(letterbox.answers(done, outcome, citizen))
    return _answers(done, outcome, incoming, citizen)


def _answers(
    done: Action, outcome: Outcome | None, incoming: Incoming, citizen: Citizen
) -> tuple[Outbound, ...]:
    answers: tuple[Outbound, ...]
    match done:
        case Reply(messages):
            answers = _signed([Outbound(message) for message in messages], citizen.speech)
        case Follow():
            answers = _signed(_followed(done, outcome, citizen), citizen.in_language(done.language).speech)
        case SetLanguage() | SetQuiet() | SetZone() | SetPhrase() | SetName():
            known, person = citizen.known, citizen.known.recipient
            after = known if person is None else replace(known, recipient=changed(person, done))
            speech = citizen_of(incoming, after, citizen.voice).speech
            answers = _signed([Outbound(_confirmed(done, speech))], speech)
        case ForgetMe(replaces):
            # Nothing of the person is left, so neither is the code phrase.
            answers = (Outbound(prompts.forgotten(citizen.speech, replaces)),)
        case (
            ShowWays()
            | PutFirst()
            | TellThere()
            | AskToDrop()
            | DropWay()
            | AddWay()
            | AskToJoin()
            | Join()
            | WriteLetter()
        ):
            if isinstance(done, AskToJoin) and done.language is not None:
                citizen = citizen.in_language(done.language)
            answers = _signed([Outbound(ways.answer(done, outcome, citizen))], citizen.speech)
        case MarkUnreachable() | Revive() | Ignore() | Leave():
            answers = ()
        case ReadPhoto():
            # What the picture shows is told once it was read.
            answers = () if outcome is None else _later(citizen.speech)
        case (
            Ask()
            | Tell()
            | Choose()
            | ShowHistory()
            | MakeShare()
            | Appoint()
            | ExportAll()
            | StopFollowing()
            | AskSubject()
            | AskQuestion()
            | OpenTalk()
            | SayMore()
            | SendFile()
            | EndTalk()
            | RateTalk()
            | RateWord()
        ):
            answers = _signed(_told(done, outcome, citizen), citizen.speech)
        case _ as never:
            assert_never(never)
    return answers


def apology(incoming: Incoming, known: Known, voice: Voice) -> tuple[Outbound, ...]:
    """Own up to a fault of ours; nothing is said to a group, after a block, or where nobody converses."""
    if not incoming.private or known.detail is not None:
        return ()
    return _later(citizen_of(incoming, known, voice).speech)


def slower(incoming: Incoming, known: Known, voice: Voice) -> tuple[Outbound, ...]:
    """Ask somebody who writes, or sends photos, too fast to wait; nothing is said to a group, as above."""
    if not incoming.private or known.detail is not None:
        return ()
    speech = citizen_of(incoming, known, voice).speech
    asked = prompts.fewer_photos if isinstance(incoming.body, Photo | Document) else prompts.slower
    return _signed([Outbound(asked(speech))], speech)


def _signed(answers: Sequence[Outbound], speech: Speech) -> tuple[Outbound, ...]:
    return tuple(
        answer if answer.for_others else replace(answer, message=notices.signed(answer.message, speech))
        for answer in answers
    )


def _followed(done: Follow, outcome: Outcome | None, citizen: Citizen) -> Sequence[Outbound]:
    speech = citizen.in_language(done.language).speech
    match outcome:
        case Redeemed(created=created, followed=followed):
            first = Outbound(prompts.now_follows(speech, followed, created=created, replaces=done.replaces))
            return (first,) if followed.stage is None else (first, _shown(followed, speech))
        case Refused(reason="limit", again_at=datetime() as again_at):
            # The question stays where it is: its button works again from then on.
            return (Outbound(prompts.too_many_tries(speech, again_at)),)
        case Refused(reason="invalid" | "limit"):
            return (Outbound(prompts.not_found(speech, done.replaces)),)
        case Refused(reason="too_many"):
            # The question stays where it is: its button works as soon as there is room.
            return (Outbound(prompts.too_many(speech)),)
        case _:
            return (Outbound(prompts.try_later(speech)),)


def _told(done: Question | HandoverAction, outcome: Outcome | None, citizen: Citizen) -> Sequence[Outbound]:
    if isinstance(done, HandoverAction):
        return [Outbound(message) for message in people.answer(done, outcome, citizen)]
    if isinstance(done, Appoint):
        return dialogue.answers(done, outcome, citizen)
    return _found(done, outcome, citizen)


def _found(done: Question, outcome: Outcome | None, citizen: Citizen) -> Sequence[Outbound]:
    speech = citizen.speech
    answers: Sequence[Outbound]
    match done, outcome:
        case ((Ask() | Choose()), StatusAnswer(followed=())):
            answers = (Outbound(prompts.nothing_followed(speech)),)
        case Ask(topic, subscription), StatusAnswer(followed=followed):
            meant = [document for document in followed if subscription in {None, document.subscription_id}]
            answers = _topic(topic, meant, citizen) if meant else (Outbound(prompts.not_followed(speech)),)
        case Choose(what), StatusAnswer(followed=followed):
            answers = (Outbound(prompts.choose(speech, what, followed)),)
        case ShowHistory(), History():
            answers = (Outbound(prompts.history(speech, outcome)),)
        case MakeShare(subscription), (Shared() | Refused()):
            answers = _share(subscription, outcome, citizen)
        case ShowHistory(), Refused(reason="invalid"):
            answers = (Outbound(prompts.not_followed(speech)),)
        case ExportAll(), Holdings() if citizen.person is not None:
            content = export.readable(outcome, citizen.person, speech, citizen.at)
            answers = (Outbound(prompts.exported(speech, content)),)
        case StopFollowing(_, replaces), Stopped(ended=ended):
            answers = (Outbound(prompts.stopped(speech, ended, replaces)),)
        case _:
            answers = _later(speech)
    return answers


def _topic(topic: Topic, followed: Sequence[Followed], citizen: Citizen) -> Sequence[Outbound]:
    match topic:
        case "where":
            return [_shown(document, citizen.speech) for document in followed]
        case "when":
            return [Outbound(prompts.expected(citizen.speech, document)) for document in followed]
        case "bring":
            return [Outbound(prompts.bring(citizen.speech, document)) for document in followed]
        case "hours":
            return _hours(followed, citizen)
        case _ as never:
            assert_never(never)


def _hours(followed: Sequence[Followed], citizen: Citizen) -> Sequence[Outbound]:
    known = citizen.voice.catalogue.offices
    codes = dict.fromkeys(document.office for document in followed if document.office in known)
    offices = [known[code] for code in list(codes)[:_MOST_OFFICES] if code is not None]
    if not offices:
        return (Outbound(office_texts.choose_office(citizen.speech)),)
    return [Outbound(office_texts.open_days(citizen.speech, office, citizen.at)) for office in offices]


def _share(subscription: UUID, outcome: Shared | Refused, citizen: Citizen) -> Sequence[Outbound]:
    speech, own = citizen.speech, citizen.known.links.own
    match outcome:
        case Shared() if own is None:
            return (Outbound(prompts.no_link(speech)),)
        case Shared(token=token, expires_at=until) if own is not None:
            return (
                Outbound(prompts.invitation(speech, own.link(token)), for_others=True),
                Outbound(prompts.shared(speech, subscription, until)),
            )
        case Refused(reason="limit" | "too_many"):
            return (Outbound(prompts.too_many_shares(speech)),)
        case Refused(problem="lapsed"):
            return (Outbound(prompts.receipt_lapsed(speech)),)
        case Refused(reason="invalid"):
            return (Outbound(prompts.not_followed(speech)),)
        case _:
            return _later(speech)


def _shown(followed: Followed, speech: Speech) -> Outbound:
    message = notices.render_followed(followed, speech)
    return Outbound(message, followed.subscription_id, followed.revision)


def _confirmed(done: Setting, speech: Speech) -> Message:
    match done:
        case SetLanguage(_, replaces):
            return prompts.language_set(speech, replaces)
        case SetQuiet(hours, replaces):
            return prompts.quiet_set(speech, hours, replaces)
        case SetZone(_, replaces):
            return prompts.zone_set(speech, replaces)
        case SetPhrase(_, replaces):
            return prompts.phrase_set(speech, replaces)
        case SetName(subscription, name, replaces):
            return prompts.name_set(speech, name, subscription, replaces)
        case _ as never:
            assert_never(never)


def _later(speech: Speech) -> tuple[Outbound, ...]:
    return (Outbound(prompts.try_later(speech)),)
