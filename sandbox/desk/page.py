"""What somebody at the desk sees of a page: its forms, the rows of its lists, and what was said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"input", "meta", "link", "br", "img", "hr"})
_SAID, _KEY = "said", "code"
Attributes = Mapping[str, str]


@dataclass
class Form:
    """A form: where it is posted, what it is called by, and what it holds."""

    action: str
    name: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Said:
    """One thing in the conversation: `citizen`, `staff` or `note`."""

    kind: str
    text: str = ""


class Page(HTMLParser):
    """Reads a page as it is served."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.rows: list[tuple[str, bool]] = []
        self.said: list[Said] = []
        self.key = ""
        self.language = ""
        self._open: list[tuple[str, Attributes]] = []
        self.feed(text)
        self.close()

    def form(self, name: str) -> Form | None:
        """Return the first form of a name: one of its classes, or the end of where it is posted."""
        return next((one for one in self.forms if name in one.name.split()), None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        given: Attributes = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "form":
            action = given.get("action", "")
            deed = action.partition("?")[0].rpartition("/")[2]
            self.forms.append(Form(action, f"{deed} {given.get('class', '')}"))
        elif tag == "input" and self.forms and self._within("form"):
            self.forms[-1].fields[given.get("name", "")] = given.get("value", "")
        elif tag == "textarea":
            self.language = given.get("lang", self.language)
            if self.forms:
                self.forms[-1].fields[given.get("name", "")] = ""
        elif tag == "article" and _SAID in classes:
            self.said.append(Said(next(one for one in classes if one != _SAID)))
        elif "data-row" in given:
            self.rows.append((given["data-row"], "waits" in classes))
        if tag not in _VOID:
            self._open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        while self._open:
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        """Keep the words that matter."""
        if not self._open:
            return
        tag, given = self._open[-1]
        classes = given.get("class", "").split()
        if tag == "textarea" and self.forms:
            self.forms[-1].fields[given.get("name", "")] += data
        elif tag == "p" and "text" in classes and self.said and self._within("article"):
            self.said[-1].text += data
        elif tag == "code" and _KEY in classes:
            self.key += data.replace(" ", "")

    def _within(self, tag: str) -> bool:
        return any(one == tag for one, _ in self._open)
