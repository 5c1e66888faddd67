"""The parser in C is used only where it reads the same as the one in Python, whose words operators know."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import contracts.catalogue
import sandbox.agency
from contracts.catalogue.reading import tree
from contracts.catalogue.reading.tree import Document, read_document

OURS = sorted((Path(contracts.catalogue.__file__).parent / "phrases").glob("*.yaml"))
FILES = [*OURS, *sorted((Path(sandbox.agency.__file__).parent / "catalogue").glob("*.yaml"))]
TEXTS = [file.read_text("utf-8") for file in FILES]
ODD = [
    *":-#'\"[]{}|>&*!%@`,?\t\n \r~\\\x07\ufeff\u2028\x85<.",
    "\n- ",
    "--- ",
    "...\n",
    "? ",
    ": ",
    "!!str ",
    "&a ",
]


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """Return a piece of one of the files with some letters taken out or put in."""
    text = draw(st.sampled_from(TEXTS))
    start = draw(st.integers(0, len(text)))
    piece = text[start : start + draw(st.integers(1, 300))]
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(piece)))
        piece = piece[:place] + draw(st.sampled_from(ODD)) + piece[place + draw(st.integers(0, 1)) :]
    return piece


def read(path: Path, *, fast: bool) -> Document:
    """Return what one parser makes of a file, or both together."""
    with pytest.MonkeyPatch.context() as patch:
        if not fast:
            patch.setattr(tree, "_FAST", None)
        return read_document(path, path.name)


@given(spoiled() | st.lists(st.sampled_from([*ODD, "a", "б", "0"]), max_size=20).map("".join))
def test_both_parsers_say_the_same(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Trees, lines and complaints are the same with the parser in C and without, whatever the text."""
    path = tmp_path_factory.getbasetemp() / "spoiled.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))

    assert read(path, fast=False) == read(path, fast=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_our_files_are_read_the_same(file: Path) -> None:
    """Every line of the product's and the sample agency's files stands where it stood."""
    assert read(file, fast=False) == read(file, fast=True)


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without libyaml here")
def test_our_files_are_read_by_the_fast_parser() -> None:
    """None of the large files has what makes the parser in Python read it again."""
    assert [] == [
        file.name for file, text in zip(FILES, TEXTS, strict=True) if tree._fast_nodes(text) is None
    ]


def test_all_of_the_files_are_there() -> None:
    """The files that are compared are those that services read."""
    assert {"phrases.yaml", "words.yaml", "questions.yaml"} <= {file.name for file in FILES}
