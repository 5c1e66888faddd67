"""What questions find, what a change would do to them, and what is kept of misses."""

from collections.abc import Iterable
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from contracts.knowledge import ANSWER, OWN, Answer
from contracts.messages.desk.question import LONGEST_MISS, QuestionKind
from services.desk.domain.finding import Knowledge, faults, remarks
from services.desk.domain.misses import kept_words
from services.desk.domain.quality import Counted, Quality, by, together
from services.desk.domain.release import Stored, differing, moved

TODAY = date(2026, 3, 2)


def answer(id_: str, *variants: str, **more: object) -> Answer:
    """Return an answer that English people ask for so."""
    fields = {"id": id_, "topic": "t", "questions": {"en": variants}, "text": {"en": "a"}, **more}
    return ANSWER.validate_python(fields)


def ready(*answers: Answer) -> Knowledge:
    """Make answers ready."""
    return Knowledge.of(answers, {})


def nothing(_: str) -> None:
    """Take nothing for a wish to stop."""


def _faults(*answers: Answer) -> list[str]:
    found = faults(ready(*answers), [one.id for one in answers], nothing)
    return [f"{'.'.join(map(str, place))}: {detail}" for place, detail in found]


FEE, PARKING = answer("fee", "passport fee", "price of a passport"), answer("parking", "where to park a car")


def test_variants_of_the_same_words_hide_each_other() -> None:
    """Spelling does not tell variants apart; an answer of which none is left cannot be found."""
    hidden = answer("hidden", "Where to park, a CAR?")

    assert [] == _faults(FEE, PARKING)
    assert [
        "parking.questions.en.0: 'where to park a car' finds hidden too; say more, or join the answers",
        "parking.questions: cannot be found: none of its variants finds it and it alone",
        "hidden.questions.en.0: 'Where to park, a CAR?' finds parking too; say more, or join the answers",
        "hidden.questions: cannot be found: none of its variants finds it and it alone",
    ] == _faults(FEE, PARKING, hidden)


def test_answers_that_never_meet_may_say_the_same() -> None:
    """The same question may have an answer for each document, and one before and one after a day."""
    mine = answer("mine", "what does it cost", documents=["id_card"], valid_until=TODAY)
    yours = answer("yours", "what does it cost", documents=["foreign_passport"])
    later = answer("later", "what does it cost", documents=["id_card"], valid_from=date(2026, 3, 3))

    assert [] == _faults(mine, yours, later)


def test_what_a_rule_takes_is_no_variant() -> None:
    """Words by which people stop never find an answer, so none may count on them."""
    found = list(faults(ready(answer("end", "stop it")), ["end"], lambda said: said.split()[0]))

    assert [("end", "questions", "en", 0), ("end", "questions")] == [place for place, _ in found]
    assert "who want to stop" in found[0][1]


@given(st.sampled_from(sorted(OWN)))
def test_what_the_bot_does_itself_is_no_id(own: str) -> None:
    """An answer that is called as the bot's own deeds would never be told, so it is refused."""
    (only,) = _faults(answer(own, "zebra crossing"))

    assert only.startswith(f"{own}: is what the bot does itself")


def test_what_is_worth_a_look() -> None:
    """Overdue answers are named, and those that nobody finds who asks with other words."""
    alone = answer("alone", "zebra crossing")
    over = answer("over", "old fee", "the old fee", valid_until=date(2026, 3, 1))
    last = answer("last", "new fee", "the new fee", valid_until=TODAY)
    knowledge = ready(alone, over, last)

    assert {("alone", "questions"), ("over", "valid_until")} == {
        place for place, _ in remarks(knowledge, knowledge.answers, TODAY)
    }


def test_a_withdrawn_answer_is_not_found() -> None:
    """Nobody is told it, and its words are free for others."""
    gone = answer("gone", "where to park a car", withdrawn=True)

    assert [] == _faults(PARKING, gone)[1:]
    assert "parking" == ready(PARKING, gone).base.look_up("where to park a car").label


def _moves(
    before: Knowledge, after: Knowledge, *missed: Stored
) -> set[tuple[str, str, str | None, str | None]]:
    return {(one.question.text, one.effect, one.before, one.after) for one in moved(before, after, missed)}


def test_a_known_question_that_fares_otherwise_is_seen() -> None:
    """A variant that moves to another answer, one that is lost, and a miss that is answered are told."""
    before = ready(FEE, PARKING)
    after = ready(answer("fee", "passport fee"), PARKING, answer("price", "price of a passport"))
    shorter = ready(answer("fee", "passport fee"), answer("bicycle", "bicycle cellar"))

    assert {("price of a passport", "other", "fee", "price")} == _moves(before, after)
    assert ("bicycle cellar", "gained", None, "bicycle") in _moves(
        before, shorter, Stored("en", "bicycle cellar", 3)
    )
    # What went with its answer is what was asked for.
    assert not [one for one in _moves(before, shorter) if one[0] == "where to park a car"]


def test_a_question_that_another_answer_claims_too_is_lost() -> None:
    """Where a new answer has the very same words, nobody is told either of them at once any more."""
    rival = answer("rival", "Passport fee!")

    assert {("passport fee", "lost", "fee", None)} == _moves(ready(FEE), ready(FEE, rival))


def test_what_goes_and_finds_another_answer_is_seen() -> None:
    """Where an answer is dropped and its question then finds another one, somebody must have looked."""
    similar = answer("similar", "where to park a car here")
    found = _moves(ready(PARKING, similar), ready(similar))

    assert {("where to park a car", "other", "parking", "similar")} == found


_ANSWERS = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.lists(st.sampled_from(["one", "two", "one two", "three"]), min_size=1)
    ),
    unique_by=lambda one: one[0],
    max_size=3,
)


@given(_ANSWERS, _ANSWERS)
def test_nothing_is_moved_unseen(one: list[tuple[str, list[str]]], two: list[tuple[str, list[str]]]) -> None:
    """A variant that clearly found its answer and clearly finds another is told; no change, nothing told."""

    def made(given: Iterable[tuple[str, list[str]]]) -> Knowledge:
        return ready(*(answer(id_, *dict.fromkeys(variants)) for id_, variants in given))

    before, after = made(one), made(two)
    seen = {text: later for text, effect, _, later in _moves(before, after) if effect == "other"}
    for known in before.answers.values():
        for text in known.questions["en"]:
            then, now = before.base.look_up(text), after.base.look_up(text)
            if "clear" == then.verdict == now.verdict and then.label != now.label:
                assert seen[text] == now.label
    assert set() == _moves(before, before)


def test_only_what_is_said_differs() -> None:
    """Versions are no difference."""
    assert [] == list(differing({"fee": FEE}, [FEE.model_copy(update={"version": 7})]))
    assert [PARKING] == list(differing({"fee": FEE}, [FEE, PARKING]))


@given(st.text(max_size=400))
def test_what_is_kept_of_a_miss(text: str) -> None:
    """No digit, no more than its length, no upper case, and the same when it is kept again."""
    kept = kept_words(text)

    if kept is not None:
        assert 0 < len(kept) <= LONGEST_MISS
        assert not any(letter.isdigit() for letter in kept)
        assert kept == kept_words(kept)


def test_shares_are_of_what_was_asked() -> None:
    """A yes is a share of those who said anything; where nobody asked there is no share."""
    counted = [
        Counted(QuestionKind.UNDERSTOOD, "uk", "fees", "fee", 6),
        Counted(QuestionKind.NEAR, "uk", "fees", "fee", 1),
        Counted(QuestionKind.MISSED, "en", "", "", 3),
        Counted(QuestionKind.CONFIRMED, "uk", "fees", "fee", 3),
        Counted(QuestionKind.DENIED, "uk", "fees", "fee", 1),
    ]
    whole, parts = together(counted), by(counted, "language")

    shares = (whole.understood, whole.near, whole.missed, whole.confirmed)
    assert (10, 0.6, 0.1, 0.3, 0.75) == (whole.asked, *shares)
    assert ["uk", "en"] == list(parts)
    assert (None, None) == (parts["en"].confirmed, Quality().understood)
