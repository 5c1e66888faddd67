"""What is kept of a question that nobody could answer: plain words, and nothing that tells of a person."""

from contracts.messages.desk.question import LONGEST_MISS
from language import words_of


def kept_words(text: str) -> str | None:
    """Return the words of a missed question as they are kept and counted; None where nothing is left.

    Whoever writes it leaves numbers out already; what slipped through is left out here, as any word with a
    digit in it.
    """
    words = [word for word in words_of(text) if not any(letter.isdigit() for letter in word)]
    kept = " ".join(words)
    if len(kept) > LONGEST_MISS:
        kept = kept[: LONGEST_MISS + 1].rpartition(" ")[0] or kept[:LONGEST_MISS]
    return kept or None
