"""The conversation, for every messenger: what somebody did and what we know of them become a plan.

`plan` decides, the caller carries the plan out (stores, asks the tracker), and `answer` words what came of
it. Both are pure; a plan that is a `Reply` needs no answer. Any `Incoming` of a private chat other than
`Blocked` also shows that its sender can be reached.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from contracts import typed_code
from contracts.rpc import Followed, Redeemed, Refused, StatusAnswer, Stopped
from services.notifier import prompts, taps, texts
from services.notifier.channel import (
    Blocked,
    Body,
    Incoming,
    Message,
    Said,
    Started,
    Tapped,
    Unblocked,
    Unsupported,
)
from services.notifier.plans import (
    Follow,
    ForgetMe,
    Ignore,
    Known,
    MarkUnreachable,
    Outbound,
    Outcome,
    Plan,
    Reply,
    Revive,
    Secret,
    SetLanguage,
    ShowStatus,
    StopFollowing,
)
from services.notifier.speech import Speech, Voice

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_COMMAND = re.compile(r"/([A-Za-z]+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_CODE_LENGTHS = range(typed_code.LENGTH - 1, typed_code.LENGTH + 2)
_FEWEST_DIGITS = 2


def plan(incoming: Incoming, known: Known, voice: Voice) -> Plan:
    """Return what to do about one thing that somebody did."""
    if not incoming.private:
        return Ignore("group")
    listener = _Listener(known, voice, voice.speech(language_of(incoming, known)))
    return _planned(incoming.body, listener)


def answer(done: Plan, outcome: Outcome | None, language: str, voice: Voice) -> tuple[Outbound, ...]:
    """Return the messages that tell what came of a plan; `language` is `language_of` its incoming.

    `outcome` is the tracker's reply or `Unavailable`; None for plans that ask the tracker nothing.
    """
    speech = voice.speech(language)
    match done:
        case Reply(messages):
            return tuple(Outbound(message) for message in messages)
        case Follow():
            return _followed(done, outcome, voice.speech(done.language))
        case ShowStatus():
            return _status(outcome, speech)
        case StopFollowing():
            return _stopped(done, outcome, speech)
        case SetLanguage() | ForgetMe():
            return (Outbound(_confirmed(done, speech, voice)),)
        case MarkUnreachable() | Revive() | Ignore():
            return ()
        case _ as never:
            assert_never(never)


def language_of(incoming: Incoming, known: Known) -> str:
    """Return the language to speak: the chosen one, else the messenger's, else the agency's first."""
    if known.recipient is not None and known.recipient.language in known.languages:
        return known.recipient.language
    primary = (incoming.language or "").lower().replace("_", "-").partition("-")[0]
    return primary if primary in known.languages else known.languages[0]


@dataclass(frozen=True)
class _Listener:
    """Whom we talk to, and in which language."""

    known: Known
    voice: Voice
    speech: Speech

    @property
    def follows(self) -> bool:
        return self.known.recipient is not None and self.known.recipient.consented


def _planned(body: Body, to: _Listener) -> Plan:
    match body:
        case Blocked():
            return MarkUnreachable("blocked")
        case Unblocked():
            return Revive()
        case Started(payload):
            return _started(payload, to)
        case Said(text):
            return _said(text, to)
        case Tapped(data, message):
            return _tapped(taps.parse(data), message, to)
        case Unsupported():
            return Reply((prompts.only_text(to.speech),))
        case _ as never:
            assert_never(never)


def _started(payload: str | None, to: _Listener) -> Plan:
    if not payload:
        return Reply((prompts.welcome(to.speech, follows=to.follows),))
    if _TOKEN.fullmatch(payload):
        return _ask("token", payload, to)
    return _typed(payload, to) or Reply((prompts.not_found(to.speech),))


def _ask(kind: Secret, secret: str, to: _Listener, replaces: str | None = None) -> Reply:
    return Reply((prompts.consent(to.voice, to.speech, kind, secret, again=to.follows, replaces=replaces),))


def _typed(text: str, to: _Listener) -> Plan | None:
    code = typed_code.parse(text)
    return None if code is None else _ask("code", code, to)


def _said(text: str, to: _Listener) -> Plan:
    said = text.strip()
    if command := _COMMAND.fullmatch(said):
        return _commanded(command[1].lower(), command[2], to)
    if typed := _typed(said, to):
        return typed
    if _looks_like_a_code(said):
        return Reply((prompts.not_found(to.speech),))
    return Reply((prompts.not_understood(to.speech, follows=to.follows),))


def _looks_like_a_code(text: str) -> bool:
    """Tell a code with a typing slip from words: about as long, and digits among the letters."""
    compact = _NOT_ALPHANUMERIC.sub("", text)
    return len(compact) in _CODE_LENGTHS and sum(map(str.isdigit, compact)) >= _FEWEST_DIGITS


def _commanded(name: str, rest: str | None, to: _Listener) -> Plan:
    commands: Mapping[str, Callable[[], Plan]] = {
        "start": lambda: _started((rest or "").strip() or None, to),
        "status": lambda: _asked_for_status(to),
        "stop": lambda: _asked_to_stop(taps.Stop(confirmed=False, subscription=None), None, to),
        "language": lambda: Reply((prompts.languages(to.voice, to.speech),)),
        "forget": lambda: _asked_to_forget(to),
        "help": lambda: Reply((prompts.help_(to.speech, follows=to.follows),)),
    }
    unknown = Reply((prompts.not_understood(to.speech, follows=to.follows),))
    return commands[name]() if name in commands else unknown


def _tapped(tap: taps.Tap | None, message: str | None, to: _Listener) -> Plan:
    match tap:
        case None:
            return Reply((prompts.not_understood(to.speech, follows=to.follows),))
        case taps.Consent(True, kind, secret, language):
            named = language if language in to.known.languages and not to.follows else None
            return Follow(kind, secret, named or to.speech.language, replaces=message)
        case taps.Consent(_, kind, secret, language):
            other = replace(to, speech=to.voice.speech(language or to.speech.language))
            return _ask(kind, secret, other, message)
        case taps.Stop():
            return _asked_to_stop(tap, message, to)
        case taps.PickLanguage(language):
            return _picked(language, message, to)
        case taps.Plain(data):
            return _plain(data, message, to)
        case _ as never:
            assert_never(never)


def _plain(data: str, message: str | None, to: _Listener) -> Plan:
    match data:
        case taps.STATUS:
            return _asked_for_status(to)
        case taps.NO:
            return Reply((prompts.declined(to.speech, follows=to.follows, replaces=message),))
        case taps.KEEP:
            return Reply((prompts.kept(to.speech, message),))
        case taps.LANGUAGES:
            return Reply((prompts.languages(to.voice, to.speech),))
        case taps.FORGET:
            return ForgetMe(message) if to.known.recipient else Reply((prompts.nothing_kept(to.speech),))
        case _:
            return Reply((prompts.help_(to.speech, follows=to.follows),))


def _picked(language: str, message: str | None, to: _Listener) -> Plan:
    if language not in to.known.languages:
        return Reply((prompts.languages(to.voice, to.speech),))
    if to.known.recipient is None:
        # A stranger's choice is not stored: nothing is, before they say yes.
        return Reply((prompts.welcome(to.voice.speech(language), follows=False, replaces=message),))
    return SetLanguage(language, replaces=message)


def _asked_for_status(to: _Listener) -> Plan:
    return ShowStatus() if to.follows else Reply((prompts.nothing_followed(to.speech),))


def _asked_to_forget(to: _Listener) -> Plan:
    known = to.known.recipient is not None
    return Reply((prompts.confirm_forget(to.speech) if known else prompts.nothing_kept(to.speech),))


def _asked_to_stop(tap: taps.Stop, message: str | None, to: _Listener) -> Plan:
    if not to.follows:
        return Reply((prompts.nothing_followed(to.speech),))
    if tap.confirmed:
        return StopFollowing(tap.subscription, replaces=message)
    return Reply((prompts.confirm_stop(to.speech, tap.subscription),))


def _followed(done: Follow, outcome: Outcome | None, speech: Speech) -> tuple[Outbound, ...]:
    match outcome:
        case Redeemed(created=created, followed=followed):
            first = Outbound(prompts.now_follows(speech, followed, created=created, replaces=done.replaces))
            return (first,) if followed.stage is None else (first, _shown(followed, speech))
        case Refused(reason="invalid" | "limit"):
            return (Outbound(prompts.not_found(speech, done.replaces)),)
        case _:
            # The question stays where it is, so that its button can be tapped again.
            return _later(speech)


def _status(outcome: Outcome | None, speech: Speech) -> tuple[Outbound, ...]:
    match outcome:
        case StatusAnswer(followed=()):
            return (Outbound(prompts.nothing_followed(speech)),)
        case StatusAnswer(followed=followed):
            return tuple(_shown(one, speech) for one in followed)
        case _:
            return _later(speech)


def _stopped(done: StopFollowing, outcome: Outcome | None, speech: Speech) -> tuple[Outbound, ...]:
    match outcome:
        case Stopped(ended=ended):
            return (Outbound(prompts.stopped(speech, ended, done.replaces)),)
        case _:
            return _later(speech)


def _shown(followed: Followed, speech: Speech) -> Outbound:
    message = texts.render_followed(followed, speech)
    return Outbound(message, followed.subscription_id, followed.revision)


def _confirmed(done: SetLanguage | ForgetMe, speech: Speech, voice: Voice) -> Message:
    match done:
        case SetLanguage(chosen, replaces):
            return prompts.language_set(voice.speech(chosen), replaces)
        case ForgetMe(replaces):
            return prompts.forgotten(speech, replaces)
        case _ as never:
            assert_never(never)


def _later(speech: Speech) -> tuple[Outbound, ...]:
    return (Outbound(prompts.try_later(speech)),)
