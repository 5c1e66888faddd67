"""From a wish to the action, however it was made: in one's own words, by a command, by a tap."""

from collections.abc import Callable, Mapping
from typing import assert_never

from services.notifier.conversation import entry, preferences
from services.notifier.conversation.addresses import ways
from services.notifier.conversation.appointments import dialogue
from services.notifier.conversation.citizen import (
    Citizen,
    not_understood,
    say,
)
from services.notifier.conversation.inquiries import answers, offices, papers, people
from services.notifier.conversation.intents import Intent, Intents, question_of
from services.notifier.domain.actions import (
    Action,
    Ask,
    Choose,
    ExportAll,
    Follow,
    ForgetMe,
    MakeShare,
    Reply,
    ShowHistory,
    StopFollowing,
    Topic,
)
from services.notifier.domain.preferences import Awaiting, SetName
from services.notifier.wording import prompts
from services.notifier.wording.keyboard import callback_data
from services.notifier.wording.keyboard.answer_data import Answering
from services.notifier.wording.keyboard.appointment_data import Appointing
from services.notifier.wording.keyboard.consultation_data import Consulting
from services.notifier.wording.keyboard.handover_data import Handover

_ALL = callback_data.Stop(confirmed=False, subscription=None)


def meant(intent: Intent, citizen: Citizen, intents: Intents) -> Action:
    """Return the action for a wish in one's own words; stopping and erasing are asked about first."""
    planned: Action
    match intent:
        case "where" | "when" | "bring":
            planned = _asked(intent, citizen)
        case "hours" | "office" | "way":
            planned = _asked("hours", citizen)
        case "stop" | "forget" | "language" | "quiet" | "share" | "export" | "help":
            planned = commanded(intent, None, citizen, intents)
        case "apply":
            planned = papers.opened(citizen)
        case "second_way":
            planned = ways.opened(callback_data.WAYS, citizen)
        case "abilities":
            planned = commanded("menu", None, citizen, intents)
        case "add":
            planned = commanded("help", None, citizen, intents)
        case "thanks":
            planned = say(prompts.glad(citizen.speech))
        case "cancel":
            planned = say(prompts.cancelled(citizen.speech, None, follows=citizen.follows))
        case _ as never:
            assert_never(never)
    return planned


def commanded(name: str, rest: str | None, citizen: Citizen, intents: Intents) -> Action:
    """Return the action for a command, whose name stands after the slash."""
    commands: Mapping[str, Callable[[], Action]] = {
        "start": lambda: entry.started((rest or "").strip() or None, citizen),
        "menu": lambda: say(prompts.main_menu(citizen.speech)),
        "ask": lambda: answers.asking(citizen, intents.index),
        "person": lambda: people.wanted("asked", citizen),
        "status": lambda: _asked("where", citizen),
        "history": lambda: _for_followers(Choose("history"), citizen),
        "hours": lambda: _asked("hours", citizen),
        "papers": lambda: papers.opened(citizen),
        "ways": lambda: ways.opened(callback_data.WAYS, citizen),
        "mail": lambda: ways.mailed(citizen),
        "settings": lambda: preferences.opened(callback_data.SETTINGS, citizen),
        "language": lambda: say(prompts.languages(citizen.voice, citizen.speech)),
        "quiet": lambda: preferences.opened(callback_data.QUIET, citizen),
        "zone": lambda: preferences.opened(callback_data.ZONE, citizen),
        "phrase": lambda: preferences.opened(callback_data.PHRASE, citizen),
        "name": lambda: _for_followers(Choose("name"), citizen),
        "share": lambda: _for_followers(Choose("share"), citizen),
        "time": lambda: _for_followers(Choose("time"), citizen),
        "stop": lambda: _stopping(_ALL, citizen),
        "export": lambda: _exporting(citizen),
        "forget": lambda: _forgetting(citizen),
        "privacy": lambda: say(prompts.privacy(citizen.speech, follows=citizen.follows)),
        "help": lambda: _help(citizen),
    }
    unknown = not_understood(citizen)
    return commands[name]() if name in commands else unknown


def tapped(tap: callback_data.Tap | None, citizen: Citizen, intents: Intents) -> Action:  # noqa: C901 - one case for each button
    """Return the action for a tap."""
    planned: Action
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
                about(tap, citizen) if citizen.follows else say(prompts.nothing_followed(citizen.speech))
            )
        case callback_data.Way() | callback_data.Joining():
            planned = ways.tapped(tap, citizen)
        case Handover():
            planned = people.tapped(tap, citizen)
        case callback_data.Office() | Consulting() | Appointing():
            planned = _inquired(tap, citizen)
        case Answering():
            planned = _answering(tap, citizen, intents)
        case callback_data.Plain(data):
            planned = _plain(data, citizen, intents)
        case _ as never:
            assert_never(never)
    return planned


def _answering(tap: Answering, citizen: Citizen, intents: Intents) -> Action:
    """Return what follows from a button of answers; one of them may be what the bot does itself."""
    if tap.verb == "tell" and (intent := question_of(tap.code)) is not None:
        return meant(intent, citizen, intents)
    return answers.tapped(tap, citizen, intents.index)


def _plain(data: str, citizen: Citizen, intents: Intents) -> Action:
    plain: Mapping[str, Callable[[], Action]] = {
        callback_data.MENU: lambda: say(prompts.main_menu(citizen.speech)),
        callback_data.ASKING: lambda: answers.asking(citizen, intents.index),
        callback_data.STATUS: lambda: _asked("where", citizen),
        callback_data.HOURS: lambda: _asked("hours", citizen),
        callback_data.PAPERS: lambda: papers.opened(citizen),
        callback_data.OTHER_PAPERS: lambda: papers.opened(citizen, citizen.tapped),
        callback_data.FOLLOWING: lambda: say(prompts.how_to_follow(citizen.speech)),
        callback_data.WAYS: lambda: ways.opened(data, citizen),
        callback_data.ADD_WAY: lambda: ways.opened(data, citizen),
        callback_data.LETTER: lambda: ways.opened(data, citizen),
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
            ForgetMe(citizen.tapped) if citizen.kept else say(prompts.nothing_kept(citizen.speech))
        ),
        callback_data.HELP: lambda: _help(citizen),
    }
    return plain[data]() if data in plain else preferences.opened(data, citizen)


def about(tap: callback_data.About, citizen: Citizen) -> Action:
    """Return the action for a button that is about one document."""
    planned: Action
    match tap.verb:
        case "menu":
            planned = say(prompts.document_menu(citizen.speech, tap.subscription))
        case "history":
            planned = ShowHistory(tap.subscription)
        case "bring" | "hours":
            planned = Ask(tap.verb, tap.subscription)
        case "time":
            planned = dialogue.opened(tap.subscription, citizen)
        case "share":
            cause = citizen.update if citizen.tapped is None else f"{citizen.tapped}/{citizen.today}"
            planned = MakeShare(tap.subscription, cause)
        case "name":
            asked = prompts.type_name(citizen.speech, tap.subscription)
            planned = Reply((asked,), Awaiting("name", tap.subscription))
        case "unname":
            planned = SetName(tap.subscription, None, citizen.tapped)
        case _ as never:
            assert_never(never)
    return planned


def _help(citizen: Citizen) -> Action:
    return say(prompts.help_(citizen.speech, follows=citizen.follows, mail=citizen.mails))


def _asked(topic: Topic, citizen: Citizen) -> Action:
    if citizen.follows:
        return Ask(topic)
    if topic == "hours":
        return offices.opened(citizen)
    return say(prompts.nothing_followed(citizen.speech))


def _inquired(tap: callback_data.Office | Consulting | Appointing, citizen: Citizen) -> Action:
    match tap:
        case Consulting():
            return papers.tapped(tap, citizen)
        case callback_data.Office(code):
            return offices.tapped(code, citizen)
        case _:
            return dialogue.tapped(tap, citizen)


def _for_followers(wish: Action, citizen: Citizen) -> Action:
    return wish if citizen.follows else say(prompts.nothing_followed(citizen.speech))


def _exporting(citizen: Citizen) -> Action:
    return ExportAll() if citizen.follows else say(prompts.nothing_kept(citizen.speech))


def _forgetting(citizen: Citizen) -> Action:
    return say(
        prompts.confirm_forget(citizen.speech) if citizen.kept else prompts.nothing_kept(citizen.speech)
    )


def _stopping(tap: callback_data.Stop, citizen: Citizen) -> Action:
    if not citizen.follows:
        return say(prompts.nothing_followed(citizen.speech))
    if tap.confirmed:
        return StopFollowing(tap.subscription, replaces=citizen.tapped)
    return say(prompts.confirm_stop(citizen.speech, tap.subscription))
