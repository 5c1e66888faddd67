"""What an editor must see before phrasings go live: lines that find another label, unknown labels."""

from collections.abc import Iterator

from contracts.catalogue import Path, Phrasing, our_phrasing
from contracts.knowledge import LABELS
from language.leaving import leaving
from services.notifier.conversation.intents import BY_RULES, base_of


def examine(agency: Phrasing) -> Iterator[tuple[Path, str]]:
    """Yield the path of each line of an agency that will not do, and why, in words for who wrote it.

    A line must find its own label once it is one of the base, and so must every line of ours beside it.
    """
    if not agency.phrases and not agency.words:
        return
    ours = our_phrasing()
    base = base_of(ours.with_more(agency))
    for label in agency.phrases:
        if label not in LABELS:
            known = ", ".join(sorted(LABELS))
            yield ("phrases", label), f"is not a label that the bot knows; they are {known}"
    for path, line in agency.lines():
        label, found = str(path[1]), base.look_up(line).label
        rule = leaving(line)
        if rule is not None and rule != label:
            yield path, f"{line!r} is what people say who want to {rule}; say it otherwise"
        elif found != label and label not in BY_RULES:
            yield path, f"{line!r} finds {found or 'nothing'} rather than {label}; say more, or move it there"
    before = base_of(ours)
    for path, line in ours.lines():
        now = base.look_up(line).label
        if now != path[1] and before.look_up(line).label == path[1] and path[1] not in BY_RULES:
            section = "phrases" if agency.phrases else "words"
            taken = () if now is None or now not in agency.phrases else (now,)
            yield (
                (section, *taken),
                f"takes {line!r} away from {path[1]}: it now finds {now or 'nothing'}",
            )
