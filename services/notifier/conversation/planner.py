"""From what somebody did to the plan: by what was said, tapped, typed after a question, or sent."""

import re
from collections.abc import Callable, Mapping
from typing import assert_never

from contracts.messages.rpc import StatusAnswer
from services.notifier.conversation import entry, intents, preferences
from services.notifier.conversation.citizen import (
    Listener,
    listener_of,
    not_understood,
    say,
)
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
from services.notifier.wording import callback_data, office_texts, prompts
from services.notifier.wording.i18n import Voice

_COMMAND = re.compile(r"/([A-Za-z]+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_ALL = callback_data.Stop(confirmed=False, subscription=None)


def plan(incoming: Incoming, known: Known, voice: Voice) -> Plan:
    """Return what to do about one thing that somebody did."""
    if not incoming.private:
        return Ignore("group")
    return _planned(incoming.body, listener_of(incoming, known, voice))


def then(done: Plan, outcome: Outcome | None, incoming: Incoming, known: Known, voice: Voice) -> Plan | None:
    """Return the plan that follows from what came of one; None where it is time to answer."""
    to = listener_of(incoming, known, voice)
    match done, outcome:
        case ReadPhoto(), Scanned(texts):
            return entry.scanned(texts, to)
        case ReadPhoto(), Unread():
            return say(prompts.unread_photo(to.speech))
        case Choose(what), StatusAnswer(followed=(only,)):
            return _about(callback_data.About(what, only.subscription_id), to)
        case _:
            return None


def _planned(body: Body, to: Listener) -> Plan:
    found: Plan
    match body:
        case Blocked():
            found = MarkUnreachable("blocked")
        case Unblocked():
            found = Revive()
        case Started(payload):
            found = entry.started(payload, to)
        case Said(text):
            found = _said(text.strip(), to)
        case Photo(reference):
            found = ReadPhoto(reference)
        case Tapped(data):
            found = _tapped(callback_data.parse(data), to)
        case DeliveryReceipt():
            found = Ignore("receipt")
        case Unsupported(what):
            found = say(prompts.unreadable(to.speech, what, follows=to.follows))
        case _ as never:
            assert_never(never)
    return found


def _said(text: str, to: Listener) -> Plan:
    if command := _COMMAND.fullmatch(text):
        return _commanded(command[1].lower(), command[2], to)
    if found := entry.receipt(text, to):
        return found
    awaits = None if to.person is None else to.person.awaits
    intent = intents.understood(text)
    if awaits is not None and intent not in {"stop", "forget", "cancel"}:
        return preferences.typed(text, awaits, to)
    return entry.slip(text, to) or _meant(intent, to)


def _meant(intent: intents.Intent | None, to: Listener) -> Plan:
    """Return the plan for a wish in one's own words; stopping and erasing are asked about first."""
    found: Plan
    match intent:
        case "where" | "when" | "bring" | "hours":
            found = _asked(intent, to)
        case "stop":
            found = _stopping(_ALL, to)
        case "forget":
            found = _forgetting(to)
        case "language":
            found = say(prompts.languages(to.voice, to.speech))
        case "help":
            found = say(prompts.help_(to.speech, follows=to.follows))
        case "cancel":
            found = say(prompts.cancelled(to.speech, None, follows=to.follows))
        case None:
            found = not_understood(to)
        case _ as never:
            assert_never(never)
    return found


def _commanded(name: str, rest: str | None, to: Listener) -> Plan:
    commands: Mapping[str, Callable[[], Plan]] = {
        "start": lambda: entry.started((rest or "").strip() or None, to),
        "status": lambda: _asked("where", to),
        "history": lambda: _for_followers(Choose("history"), to),
        "hours": lambda: _asked("hours", to),
        "settings": lambda: preferences.opened(callback_data.SETTINGS, to),
        "language": lambda: say(prompts.languages(to.voice, to.speech)),
        "quiet": lambda: preferences.opened(callback_data.QUIET, to),
        "zone": lambda: preferences.opened(callback_data.ZONE, to),
        "phrase": lambda: preferences.opened(callback_data.PHRASE, to),
        "name": lambda: _for_followers(Choose("name"), to),
        "share": lambda: _for_followers(Choose("share"), to),
        "stop": lambda: _stopping(_ALL, to),
        "export": lambda: _exporting(to),
        "forget": lambda: _forgetting(to),
        "privacy": lambda: say(prompts.privacy(to.speech, follows=to.follows)),
        "help": lambda: say(prompts.help_(to.speech, follows=to.follows)),
    }
    unknown = not_understood(to)
    return commands[name]() if name in commands else unknown


def _tapped(tap: callback_data.Tap | None, to: Listener) -> Plan:
    found: Plan
    match tap:
        case None:
            found = not_understood(to)
        case callback_data.Consent(True, kind, secret, language):
            named = language if language in to.known.languages and not to.follows else None
            found = Follow(kind, secret, named or to.speech.language, replaces=to.tapped)
        case callback_data.Consent(_, kind, secret, language):
            found = entry.ask(kind, secret, to.in_language(language or to.speech.language), to.tapped)
        case callback_data.Stop():
            found = _stopping(tap, to)
        case callback_data.PickLanguage() | callback_data.PickQuiet() | callback_data.PickZone():
            found = preferences.picked(tap, to)
        case callback_data.About():
            found = _about(tap, to) if to.follows else say(prompts.nothing_followed(to.speech))
        case callback_data.Office(code):
            found = _office(code, to)
        case callback_data.Plain(data):
            found = _plain(data, to)
        case _ as never:
            assert_never(never)
    return found


def _plain(data: str, to: Listener) -> Plan:
    plain: Mapping[str, Callable[[], Plan]] = {
        callback_data.STATUS: lambda: _asked("where", to),
        callback_data.HOURS: lambda: _asked("hours", to),
        callback_data.NO: lambda: say(prompts.declined(to.speech, follows=to.follows, replaces=to.tapped)),
        callback_data.KEEP: lambda: say(prompts.kept(to.speech, to.tapped)),
        callback_data.CANCEL: lambda: say(prompts.cancelled(to.speech, to.tapped, follows=to.follows)),
        callback_data.LANGUAGES: lambda: say(prompts.languages(to.voice, to.speech)),
        callback_data.NAMES: lambda: _for_followers(Choose("name"), to),
        callback_data.PRIVACY: lambda: say(prompts.privacy(to.speech, follows=to.follows)),
        callback_data.EXPORT: lambda: _exporting(to),
        callback_data.ASK_FORGET: lambda: _forgetting(to),
        callback_data.FORGET: lambda: (
            ForgetMe(to.tapped) if to.follows else say(prompts.nothing_kept(to.speech))
        ),
        callback_data.HELP: lambda: say(prompts.help_(to.speech, follows=to.follows)),
    }
    return plain[data]() if data in plain else preferences.opened(data, to)


def _about(tap: callback_data.About, to: Listener) -> Plan:
    match tap.verb:
        case "menu":
            return say(prompts.document_menu(to.speech, tap.subscription))
        case "history":
            return ShowHistory(tap.subscription)
        case "bring" | "hours":
            return Ask(tap.verb, tap.subscription)
        case "share":
            cause = str(to.update) if to.tapped is None else f"{to.tapped}/{to.today}"
            return MakeShare(tap.subscription, cause)
        case "name":
            asked = prompts.type_name(to.speech, tap.subscription)
            return Reply((asked,), Awaiting("name", tap.subscription))
        case "unname":
            return SetName(tap.subscription, None, to.tapped)
        case _ as never:
            assert_never(never)


def _asked(topic: Topic, to: Listener) -> Plan:
    if to.follows:
        return Ask(topic)
    if topic == "hours":
        return say(office_texts.choose_office(to.speech))
    return say(prompts.nothing_followed(to.speech))


def _office(code: str, to: Listener) -> Plan:
    office = to.voice.catalogue.offices.get(code)
    if office is None:
        return say(office_texts.choose_office(to.speech))
    return say(office_texts.open_days(to.speech, office, to.at))


def _for_followers(wish: Plan, to: Listener) -> Plan:
    return wish if to.follows else say(prompts.nothing_followed(to.speech))


def _exporting(to: Listener) -> Plan:
    return ExportAll() if to.follows else say(prompts.nothing_kept(to.speech))


def _forgetting(to: Listener) -> Plan:
    return say(prompts.confirm_forget(to.speech) if to.follows else prompts.nothing_kept(to.speech))


def _stopping(tap: callback_data.Stop, to: Listener) -> Plan:
    if not to.follows:
        return say(prompts.nothing_followed(to.speech))
    if tap.confirmed:
        return StopFollowing(tap.subscription, replaces=to.tapped)
    return say(prompts.confirm_stop(to.speech, tap.subscription))
