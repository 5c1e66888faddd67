"""The ways in: a deep link, a typed code, a pasted link, the code in a photo. All end in one question."""

import itertools
import re
from collections.abc import Iterator, Sequence

from contracts import lookalikes, typed_code
from contracts.links import JOINING, TOKEN, secret_in
from services.notifier.conversation.citizen import Citizen, say
from services.notifier.domain.actions import Action, Reply, Secret
from services.notifier.domain.addresses.ways import AskToJoin
from services.notifier.wording import prompts

_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_GROUPS = re.compile(r"[A-Z0-9]+(?:[ -]+[A-Z0-9]+)*")
_GROUP = 4
_LONGEST_SEARCHED = 1000
_CODE_LENGTHS = range(typed_code.LENGTH - 1, typed_code.LENGTH + 2)
_FEWEST_DIGITS = 2
_NO_CODE = re.compile(r"[^\w-]+")
_GAP = re.compile(r"[ -]+")
_LONGEST_SCANNED = 2000


def started(payload: str | None, citizen: Citizen) -> Action:
    """Return what follows from opening the conversation, perhaps through a deep link."""
    if not payload:
        return say(prompts.welcome(citizen.speech, follows=citizen.follows))
    return _of_payload(payload, citizen) or say(prompts.not_found(citizen.speech))


def ask(kind: Secret, secret: str, citizen: Citizen, replaces: str | None = None) -> Reply:
    """Return the question whether to follow."""
    return say(
        prompts.consent(citizen.voice, citizen.speech, kind, secret, again=citizen.follows, replaces=replaces)
    )


def receipt(text: str, citizen: Citizen) -> Action | None:
    """Return what follows from a text that holds a receipt's code or link; None for any other."""
    if secret := secret_in(text):
        return _of_payload(secret, citizen) or say(prompts.not_found(citizen.speech))
    code = _code_in(text)
    return None if code is None else ask("code", code, citizen)


def slip(text: str, citizen: Citizen) -> Action | None:
    """Return what follows from a code with a slip of the finger in it; None for any other text."""
    return say(prompts.slip(citizen.speech)) if _looks_like_a_code(text) else None


def scanned(texts: Sequence[str], citizen: Citizen) -> Action:
    """Return what follows from the codes in a photo; that it has none where none is a receipt's."""
    return found(texts, citizen) or say(prompts.no_code(citizen.speech))


def found(texts: Sequence[str], citizen: Citizen) -> Action | None:
    """Return what follows from the first code in a photo that is a receipt's; None where none is."""
    for text in texts:
        said = text[:_LONGEST_SCANNED].strip()
        planned = _of_payload(secret_in(said) or said, citizen)
        # The link of one's own address is opened or sent, never photographed.
        if planned is not None and not isinstance(planned, AskToJoin):
            return planned
    return None


def _of_payload(payload: str, citizen: Citizen) -> Action | None:
    if JOINING.fullmatch(payload):
        return AskToJoin(payload)
    if TOKEN.fullmatch(payload):
        return ask("token", payload, citizen)
    code = typed_code.parse(payload)
    return None if code is None else ask("code", code, citizen)


def _code_in(text: str) -> str | None:
    """Return the code that a text is, or the only one in it that has a digit, however it is grouped."""
    if code := typed_code.parse(text):
        return code
    plain = lookalikes.plain(text[:_LONGEST_SEARCHED])
    for candidates in (_words(plain), _grouped(plain)):
        codes = {code for one in candidates if _with_digit(one) and (code := typed_code.parse(one))}
        if codes:
            return codes.pop() if len(codes) == 1 else None
    return None


def _words(plain: str) -> Iterator[str]:
    """Yield what stands between blanks, without the punctuation around it."""
    yield from (word for part in plain.split() for word in _NO_CODE.split(part))


def _grouped(plain: str) -> Iterator[str]:
    """Yield what is as long as a code and divided by blanks and dashes as people divide one."""
    for run in _GROUPS.findall(plain):
        parts = _GAP.split(run)
        for start in range(len(parts)):
            ends = list(itertools.accumulate(map(len, parts[start : start + typed_code.LENGTH])))
            if typed_code.LENGTH not in ends:
                continue
            count = ends.index(typed_code.LENGTH) + 1
            if _regular([len(part) for part in parts[start : start + count]]):
                yield "".join(parts[start : start + count])


def _regular(lengths: Sequence[int]) -> bool:
    """Tell whether groups are those of a receipt, some perhaps run together, or all equal and short."""
    *before, last = lengths
    if all(length % _GROUP == 0 for length in before):
        return True
    return set(before) in ({2}, {3}) and last <= before[0]


def _with_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _looks_like_a_code(text: str) -> bool:
    """Tell a code with a slip of the finger from words: about as long, and digits among the letters."""
    compact = _NOT_ALPHANUMERIC.sub("", text[:1000])
    return len(compact) in _CODE_LENGTHS and sum(map(str.isdigit, compact)) >= _FEWEST_DIGITS
