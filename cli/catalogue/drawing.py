"""A consultation as a tree of text: each question, its answers, and under each answer what follows from it.

What follows from several answers together stands under the last of them, with the others beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contracts.catalogue import Catalogue, Consultation, Texts
from contracts.catalogue.consultations import Advice, Paper, Question, Rule, Terms, When, Where


@dataclass
class _Branch:
    """A line and what hangs on it."""

    text: str
    under: list["_Branch"] = field(default_factory=list)

    def lines(self, before: str = "", after: str = "") -> Iterator[str]:
        yield before + self.text
        for place, branch in enumerate(self.under, 1):
            last = place == len(self.under)
            yield from branch.lines(after + ("└─ " if last else "├─ "), after + ("   " if last else "│  "))


def drawn(consultation: Consultation, catalogue: Catalogue, language: str) -> str:
    """Return the tree, in one language."""
    return "\n".join(_Drawing(consultation, catalogue, language).tree().lines())


@dataclass(frozen=True)
class _Drawing:
    consultation: Consultation
    catalogue: Catalogue
    language: str

    def tree(self) -> _Branch:
        """Return the whole of it: what holds for everybody, then the questions."""
        code = self.consultation.code
        name = self.catalogue.text(self.catalogue.documents[code].name, self.language)
        always = _Branch("for everybody", [_Branch(text) for text in self._always()])
        questions = [self._question(*one) for one in self.consultation.questions.items()]
        return _Branch(f"{code}: {name}", [always, *questions])

    def _always(self) -> Iterator[str]:
        yield from (self._told(rule) for _, rule in self.consultation.rules() if not rule.when)

    def _question(self, code: str, question: Question) -> _Branch:
        when = f"  (asked if {_condition(question.when)})" if question.when else ""
        answers = [
            _Branch(f"{answer}: {self._text(texts)}", [_Branch(text) for text in self._follows(code, answer)])
            for answer, texts in question.answers.items()
        ]
        if question.unsure is not None:
            answers.append(_Branch(f"not known: counts as {question.unsure.means}"))
        return _Branch(f"{code}? {self._text(question.text)}{when}", answers)

    def _follows(self, code: str, answer: str) -> Iterator[str]:
        """Yield what an answer leads to, where no later question has a say in it."""
        for asked, question in self.consultation.questions.items():
            yield from (f"asks {asked}{others}" for others in self._others(question.when, code, answer))
        for _, rule in self.consultation.rules():
            yield from (f"{self._told(rule)}{others}" for others in self._others(rule.when, code, answer))

    def _others(self, when: When, code: str, answer: str) -> Iterator[str]:
        order = list(self.consultation.questions)
        for case in when:
            if max(case, key=order.index) == code and answer in case[code]:
                rest = {one: answers for one, answers in case.items() if one != code}
                yield f"  (if {_condition((rest,))})" if rest else ""

    def _told(self, rule: Rule) -> str:
        match rule:
            case Paper(paper=paper, remark=remark):
                return f"+ {paper}" + ("" if remark is None else f": {self._text(remark)}")
            case Terms(name=name, days=days, fee=fee):
                said = [f"{days} days"] if days else []
                said += [f"{fee} {self.catalogue.agency.currency}"] if fee is not None else []
                return f"{self._text(name)}: {', '.join(said)}"
            case Where(text=text, offices=offices):
                return f"at {', '.join(offices) or 'any office'}" + (f": {self._text(text)}" if text else "")
            case Advice(text=text, ends=ends, instead=instead):
                end = "ENDS: " if ends else "says: "
                return f"{end}{self._text(text)}" + (f" -> {instead}" if instead else "")
            case _:
                raise TypeError(rule)

    def _text(self, texts: Texts) -> str:
        return self.catalogue.text(texts, self.language)


def _condition(when: When) -> str:
    return " or ".join(
        " and ".join(f"{code} is {_either(answers)}" for code, answers in case.items()) for case in when
    )


def _either(answers: Sequence[str]) -> str:
    return " or ".join(answers)
