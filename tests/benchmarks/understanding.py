"""How well people are understood: `python -m tests.benchmarks.understanding [--compare] [--json]`.

By phrasings that neither the base nor the method was made from (tests/unit/language/heldout.yaml). Right: the
label is the one meant. Sure and wrong: a clear answer that is not. Left: taken to stop or to be forgotten by
somebody who did not mean it. Slip: right with one random slip in a word of five letters or more.
"""

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import yaml

from contracts.catalogue import Phrasing, our_phrasing
from language import Base, Phrase, Vocabulary
from services.notifier.conversation.intents import Intents, Understanding, base_of

HELD_OUT = Path(__file__).parents[1] / "unit" / "language" / "heldout.yaml"
LEAVING = frozenset({"stop", "forget"})
SEED = 20261130
SLIPS = 5
_LONG_WORD = re.compile(r"[^\W\d_]{5,}")
_LETTERS = {True: "abcdefghiklmnoprstuvwy", False: "абвгдежзиклмнопрстуфхчшья"}
LABELS, VARIANTS, MOST_MS = 1_000, 10, 5.0
RIGHT, SURE_AND_WRONG, SLIPPED = 0.95, 0.02, 0.85


@dataclass(frozen=True)
class Asked:
    """One phrasing of the held-out file."""

    language: str
    meant: str
    text: str


@dataclass(frozen=True)
class Figures:
    """What came of some phrasings, each a share of them but for `left`, which counts."""

    asked: int
    right: float
    sure_and_wrong: float
    left: int
    slipped: float


def held_out() -> list[Asked]:
    """Return every labelled phrasing of the held-out file."""
    read = yaml.safe_load(HELD_OUT.read_text("utf-8"))
    return [
        Asked(language, meant, text)
        for language, labels in read.items()
        if language != "never_leaving"
        for meant, texts in labels.items()
        for text in texts
    ]


def never_leaving() -> list[str]:
    """Return the phrasings that sound a little like leaving and do not mean it."""
    found: list[str] = yaml.safe_load(HELD_OUT.read_text("utf-8"))["never_leaving"]
    return found


def is_right(label: str | None, meant: str) -> bool:
    """Tell whether a label is the one meant; for what is not for us, none at all is right too."""
    return label == meant or (meant == "off_topic" and label is None)


def with_a_slip(text: str, chance: random.Random) -> str | None:
    """Return a text with one letter wrong in a long word; None where it has none."""
    long = list(_LONG_WORD.finditer(text))
    if not long:
        return None
    where = chance.choice(long)
    word, at = where[0], chance.randrange(len(where[0]) - 1)
    other = chance.choice(_LETTERS[word.isascii()])
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + other + word[at:],
        word[:at] + other + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    return text[: where.start()] + chance.choice(slips) + text[where.end() :]


def slipped(asked: Sequence[Asked], rounds: int = SLIPS) -> Iterator[Asked]:
    """Yield each phrasing with a slip, some times over, the same ones at every run."""
    for one in range(rounds):
        for ask in asked:
            chance = random.Random(f"{SEED}/{one}/{ask.text}")  # noqa: S311 - slips, not secrets
            text = with_a_slip(ask.text, chance)
            if text is not None and text != ask.text:
                yield Asked(ask.language, ask.meant, text)


def measure(explained: Callable[[str], Understanding], asked: Sequence[Asked]) -> Figures:
    """Return what is understood of some phrasings."""
    found = [(ask, explained(ask.text)) for ask in asked]
    wrong = [one for ask, one in found if not is_right(one.label, ask.meant)]
    sure = [one for one in wrong if one.rule or one.found.verdict == "clear"]
    left = sum(one.intent in LEAVING and one.intent != ask.meant for ask, one in found)
    slips = list(slipped(asked))
    well = sum(is_right(explained(ask.text).label, ask.meant) for ask in slips)
    count = len(asked)
    return Figures(
        count, 1 - len(wrong) / count, len(sure) / count, left, well / len(slips) if slips else 1.0
    )


def by_language(intents: Intents) -> Mapping[str, Figures]:
    """Return the figures of all phrasings together and of each language."""
    asked, explained = held_out(), cache(intents.explained)
    languages = dict.fromkeys(ask.language for ask in asked)
    found = {name: measure(explained, [ask for ask in asked if ask.language == name]) for name in languages}
    return {"all": measure(explained, asked), **found}


def missed_bars(figures: Mapping[str, Figures]) -> list[str]:
    """Return the bars that are missed: right for all together, the others for each language too."""
    missed = [] if figures["all"].right >= RIGHT else ["all: right"]
    for name, one in figures.items():
        bars = {
            "sure and wrong": one.sure_and_wrong <= SURE_AND_WRONG,
            "left": one.left == 0,
            "right with a slip": one.slipped >= SLIPPED,
        }
        missed += [f"{name}: {bar}" for bar, held in bars.items() if not held]
    return missed


def large_base() -> Base:
    """Return a base of 1,000 labels with ten phrasings each, made of the words of ours."""
    ours = our_phrasing()
    words = sorted({word for _, line in ours.lines() for word in line.split()})
    chance = random.Random(SEED)  # noqa: S311 - made-up phrasings, not secrets
    phrases = [
        Phrase(f"label_{label}", "mixed", " ".join(chance.choices(words, k=6)))
        for label in range(LABELS)
        for _ in range(VARIANTS)
    ]
    return Base(phrases, Vocabulary(ours.words))


def milliseconds(base: Base, texts: Sequence[str]) -> tuple[float, float]:
    """Return the median and the 95th percentile of the CPU time of a look-up."""
    took = []
    for text in texts:
        begun = time.process_time()
        base.look_up(text)
        took.append((time.process_time() - begun) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


def compared(intents: Intents) -> Iterator[tuple[str, float, float]]:
    """Yield other ways to do it: name, share right, share right with a slip; all without the rules."""
    asked = held_out()
    slips = list(slipped(asked))
    ours = our_phrasing()
    plain = base_of(Phrasing.model_construct(phrases=ours.phrases, words={}))
    methods: Mapping[str, Callable[[str], str | None]] = {
        "pieces of words alone": lambda text: plain.look_up(text).label,
        "pieces, meanings, pairs": lambda text: intents.base.look_up(text).label,
        "the same, with the rules": lambda text: intents.explained(text).label,
    }
    for name, label_of in methods.items():
        yield name, _share(label_of, asked), _share(label_of, slips)


def _share(label_of: Callable[[str], str | None], asked: Sequence[Asked]) -> float:
    return sum(is_right(label_of(ask.text), ask.meant) for ask in asked) / len(asked)


def main() -> int:
    """Print the figures; the exit status tells whether the bars are held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--compare", action="store_true", help="other ways to do it as well")
    parser.add_argument("--missed", action="store_true", help="what was missed; never tune by it")
    chosen = parser.parse_args()
    begun = time.process_time()
    intents = Intents.of(Phrasing())
    ready = time.process_time() - begun
    figures = by_language(intents)
    taken = sum(intents.understood(text) in LEAVING for text in never_leaving())
    texts = [ask.text for ask in islice(held_out(), 100)]
    (median, slow), (large, large_slow) = milliseconds(intents.base, texts), milliseconds(large_base(), texts)
    if chosen.json:
        print(json.dumps({name: vars(one) for name, one in figures.items()} | {"taken to leave": taken}))
    else:
        _print(figures)
        print(f"\nOf {len(never_leaving())} that sound like leaving and are not, {taken} were taken so.")
        print(
            f"\nReady in {ready:.2f} s of CPU. A look-up takes {median:.1f} ms (95 of 100 under {slow:.1f}), "
            f"among {LABELS:,} labels of {VARIANTS} phrasings {large:.1f} ms "
            f"(95 of 100 under {large_slow:.1f}); "
            f"at most {MOST_MS:g} is wanted."
        )
    if chosen.compare:
        print("\n| likeness by | right | right with a slip |\n| --- | --- | --- |")
        for name, right, slip in compared(intents):
            print(f"| {name} | {right:.1%} | {slip:.1%} |")
    if chosen.missed:
        for ask in held_out():
            one = intents.explained(ask.text)
            if not is_right(one.label, ask.meant):
                print(f"{ask.language}: {ask.text}: meant {ask.meant}, {one.found.verdict} {one.label}")
    return 1 if missed_bars(figures) or taken or large > MOST_MS else 0


def _print(figures: Mapping[str, Figures]) -> None:
    print("| language | phrasings | right | sure and wrong | left | right with a slip |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, one in figures.items():
        print(
            f"| {name} | {one.asked} | {one.right:.1%} | {one.sure_and_wrong:.1%} | {one.left} "
            f"| {one.slipped:.1%} |"
        )


if __name__ == "__main__":
    raise SystemExit(main())
