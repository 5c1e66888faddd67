"""From what somebody did to the plan: by what was said, tapped, typed after a question, or sent."""

import re
from collections.abc import Callable, Mapping
from typing import assert_never

from contracts.messages.rpc import StatusAnswer
from services.notifier.conversation import entry, preferences, ways
from services.notifier.conversation.citizen import (
    Citizen,
    citizen_of,
    not_understood,
    say,
)
from services.notifier.conversation.inquiries import offices, papers
from services.notifier.conversation.intents import Intent, Intents
from services.notifier.domain.actions import (
    Ask,
    Choose,
    ExportAll,
    Follow,
    ForgetMe,
    Ignore,
    Known,
    MakeShare,
    MarkUnreachable,
    Outcome,
    Plan,
    ReadPhoto,
    Reply,
    Revive,
    Scanned,
    SetName,
    ShowHistory,
    StopFollowing,
    Topic,
    Unread,
)
from services.notifier.domain.incoming import (
    Blocked,
    Body,
    DeliveryReceipt,
    Incoming,
    Photo,
    Said,
    Started,
    Tapped,
    Unblocked,
    Unsupported,
)
from services.notifier.domain.preferences import Awaiting
from services.notifier.wording import callback_data, prompts
from services.notifier.wording.consultation_data import Consulting
from services.notifier.wording.i18n import Voice

_COMMAND = re.compile(r"/([A-Za-z]+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_ALL = callback_data.Stop(confirmed=False, subscription=None)


def plan(incoming: Incoming, known: Known, voice: Voice, intents: Intents) -> Plan:
    """Return what to do about one thing that somebody did."""
    if not incoming.private:
        return Ignore("group")
    return _planned(incoming.body, citizen_of(incoming, known, voice), intents)


def then(done: Plan, outcome: Outcome | None, incoming: Incoming, known: Known, voice: Voice) -> Plan | None:
    """Return the plan that follows from what came of one; None where it is time to answer."""
    citizen = citizen_of(incoming, known, voice)
    match done, outcome:
        case ReadPhoto(), Scanned(texts):
            return entry.scanned(texts, citizen)
        case ReadPhoto(), Unread():
            return say(prompts.unread_photo(citizen.speech))
        case Choose(what), StatusAnswer(followed=(only,)):
            return _about(callback_data.About(what, only.subscription_id), citizen)
        case _:
            return None


def _planned(body: Body, citizen: Citizen, intents: Intents) -> Plan:
    planned: Plan
    match body:
        case Blocked():
            planned = MarkUnreachable("blocked")
        case Unblocked():
            planned = Revive()
        case Started(payload):
            planned = entry.started(payload, citizen)
        case Said(text):
            planned = _said(text.strip(), citizen, intents)
        case Photo(reference):
            planned = ReadPhoto(reference)
        case Tapped(data):
            planned = _tapped(callback_data.parse(data), citizen)
        case DeliveryReceipt():
            planned = Ignore("receipt")
        case Unsupported(what):
            planned = say(prompts.unreadable(citizen.speech, what, follows=citizen.follows))
        case _ as never:
            assert_never(never)
    return planned


def _said(text: str, citizen: Citizen, intents: Intents) -> Plan:
    if command := _COMMAND.fullmatch(text):
        return _commanded(command[1].lower(), command[2], citizen)
    if planned := entry.receipt(text, citizen):
        return planned
    awaits = None if citizen.person is None else citizen.person.awaits
    intent = intents.understood(text)
    if awaits is not None and intent not in {"stop", "forget", "cancel"}:
        return preferences.typed(text, awaits, citizen)
    return entry.slip(text, citizen) or _meant(intent, citizen)


def _meant(intent: Intent | None, citizen: Citizen) -> Plan:
    """Return the plan for a wish in one's own words; stopping and erasing are asked about first."""
    planned: Plan
    match intent:
        case "where" | "when" | "bring":
            planned = _asked(intent, citizen)
        case "hours" | "office" | "way":
            planned = _asked("hours", citizen)
        case "stop" | "forget" | "language" | "quiet" | "share" | "export" | "help":
            planned = _commanded(intent, None, citizen)
        case "apply":
            planned = papers.opened(citizen)
        case "second_way":
            planned = ways.opened(callback_data.WAYS, citizen)
        case "abilities" | "add":
            planned = _commanded("help", None, citizen)
        case "cancel":
            planned = say(prompts.cancelled(citizen.speech, None, follows=citizen.follows))
        case None:
            planned = not_understood(citizen)
        case _ as never:
            assert_never(never)
    return planned


def _commanded(name: str, rest: str | None, citizen: Citizen) -> Plan:
    commands: Mapping[str, Callable[[], Plan]] = {
        "start": lambda: entry.started((rest or "").strip() or None, citizen),
        "status": lambda: _asked("where", citizen),
        "history": lambda: _for_followers(Choose("history"), citizen),
        "hours": lambda: _asked("hours", citizen),
        "papers": lambda: papers.opened(citizen),
        "ways": lambda: ways.opened(callback_data.WAYS, citizen),
        "settings": lambda: preferences.opened(callback_data.SETTINGS, citizen),
        "language": lambda: say(prompts.languages(citizen.voice, citizen.speech)),
        "quiet": lambda: preferences.opened(callback_data.QUIET, citizen),
        "zone": lambda: preferences.opened(callback_data.ZONE, citizen),
        "phrase": lambda: preferences.opened(callback_data.PHRASE, citizen),
        "name": lambda: _for_followers(Choose("name"), citizen),
        "share": lambda: _for_followers(Choose("share"), citizen),
        "stop": lambda: _stopping(_ALL, citizen),
        "export": lambda: _exporting(citizen),
        "forget": lambda: _forgetting(citizen),
        "privacy": lambda: say(prompts.privacy(citizen.speech, follows=citizen.follows)),
        "help": lambda: say(prompts.help_(citizen.speech, follows=citizen.follows)),
    }
    unknown = not_understood(citizen)
    return commands[name]() if name in commands else unknown


def _tapped(tap: callback_data.Tap | None, citizen: Citizen) -> Plan:
    planned: Plan
    match tap:
        case None:
            planned = not_understood(citizen)
        case callback_data.Consent(True, kind, secret, language):
            named = language if language in citizen.known.languages and not citizen.follows else None
            planned = Follow(kind, secret, named or citizen.speech.language, replaces=citizen.tapped)
        case callback_data.Consent(_, kind, secret, language):
            planned = entry.ask(
                kind, secret, citizen.in_language(language or citizen.speech.language), citizen.tapped
            )
        case callback_data.Stop():
            planned = _stopping(tap, citizen)
        case callback_data.PickLanguage() | callback_data.PickQuiet() | callback_data.PickZone():
            planned = preferences.picked(tap, citizen)
        case callback_data.About():
            planned = (
                _about(tap, citizen) if citizen.follows else say(prompts.nothing_followed(citizen.speech))
            )
        case callback_data.Way() | callback_data.Joining():
            planned = ways.tapped(tap, citizen)
        case callback_data.Office() | Consulting():
            planned = _inquired(tap, citizen)
        case callback_data.Plain(data):
            planned = _plain(data, citizen)
        case _ as never:
            assert_never(never)
    return planned


def _plain(data: str, citizen: Citizen) -> Plan:
    plain: Mapping[str, Callable[[], Plan]] = {
        callback_data.STATUS: lambda: _asked("where", citizen),
        callback_data.HOURS: lambda: _asked("hours", citizen),
        callback_data.PAPERS: lambda: papers.opened(citizen),
        callback_data.OTHER_PAPERS: lambda: papers.opened(citizen, citizen.tapped),
        callback_data.FOLLOWING: lambda: say(prompts.how_to_follow(citizen.speech)),
        callback_data.WAYS: lambda: ways.opened(data, citizen),
        callback_data.ADD_WAY: lambda: ways.opened(data, citizen),
        callback_data.NO: lambda: say(
            prompts.declined(citizen.speech, follows=citizen.follows, replaces=citizen.tapped)
        ),
        callback_data.KEEP: lambda: say(prompts.kept(citizen.speech, citizen.tapped)),
        callback_data.CANCEL: lambda: say(
            prompts.cancelled(citizen.speech, citizen.tapped, follows=citizen.follows)
        ),
        callback_data.LANGUAGES: lambda: say(prompts.languages(citizen.voice, citizen.speech)),
        callback_data.NAMES: lambda: _for_followers(Choose("name"), citizen),
        callback_data.PRIVACY: lambda: say(prompts.privacy(citizen.speech, follows=citizen.follows)),
        callback_data.EXPORT: lambda: _exporting(citizen),
        callback_data.ASK_FORGET: lambda: _forgetting(citizen),
        callback_data.FORGET: lambda: (
            ForgetMe(citizen.tapped) if citizen.follows else say(prompts.nothing_kept(citizen.speech))
        ),
        callback_data.HELP: lambda: say(prompts.help_(citizen.speech, follows=citizen.follows)),
    }
    return plain[data]() if data in plain else preferences.opened(data, citizen)


def _about(tap: callback_data.About, citizen: Citizen) -> Plan:
    match tap.verb:
        case "menu":
            return say(prompts.document_menu(citizen.speech, tap.subscription))
        case "history":
            return ShowHistory(tap.subscription)
        case "bring" | "hours":
            return Ask(tap.verb, tap.subscription)
        case "share":
            cause = citizen.update if citizen.tapped is None else f"{citizen.tapped}/{citizen.today}"
            return MakeShare(tap.subscription, cause)
        case "name":
            asked = prompts.type_name(citizen.speech, tap.subscription)
            return Reply((asked,), Awaiting("name", tap.subscription))
        case "unname":
            return SetName(tap.subscription, None, citizen.tapped)
        case _ as never:
            assert_never(never)


def _asked(topic: Topic, citizen: Citizen) -> Plan:
    if citizen.follows:
        return Ask(topic)
    if topic == "hours":
        return offices.opened(citizen)
    return say(prompts.nothing_followed(citizen.speech))


def _inquired(tap: callback_data.Office | Consulting, citizen: Citizen) -> Plan:
    return papers.tapped(tap, citizen) if isinstance(tap, Consulting) else offices.tapped(tap.code, citizen)


def _for_followers(wish: Plan, citizen: Citizen) -> Plan:
    return wish if citizen.follows else say(prompts.nothing_followed(citizen.speech))


def _exporting(citizen: Citizen) -> Plan:
    return ExportAll() if citizen.follows else say(prompts.nothing_kept(citizen.speech))


def _forgetting(citizen: Citizen) -> Plan:
    return say(
        prompts.confirm_forget(citizen.speech) if citizen.follows else prompts.nothing_kept(citizen.speech)
    )


def _stopping(tap: callback_data.Stop, citizen: Citizen) -> Plan:
    if not citizen.follows:
        return say(prompts.nothing_followed(citizen.speech))
    if tap.confirmed:
        return StopFollowing(tap.subscription, replaces=citizen.tapped)
    return say(prompts.confirm_stop(citizen.speech, tap.subscription))
