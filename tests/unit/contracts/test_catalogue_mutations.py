from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.catalogue import Catalogue, CatalogueError, Problem, load_catalogue
from sandbox.agency import CATALOGUE

FILES = ("agency.yaml", "stages.yaml", "documents.yaml")
WHOLE = "\n".join((CATALOGUE / file).read_text(encoding="utf-8") for file in FILES).splitlines(keepends=True)
SPITE = (
    *(
        "&a",
        "*a",
        "!!python/object:os.system",
        "!x",
        "{",
        "}",
        "[",
        "]",
        "? ",
        ": ",
        "- ",
        "<<: ",
        "|\n",
        ">\n",
    ),
    *(
        "---\n",
        "...\n",
        "%YAML 9.9\n",
        "%TAG ! x\n",
        "\t",
        "\x00",
        "\ufeff",
        "\u2028",
        '"\\ud800"',
        '"\\Uffffffff"',
    ),
    *("null", "~", "yes", "1e999", ".nan", "9" * 30, "2026-02-31", "0o7", "''", "code: x", "#"),
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Return the sample with a few lines dropped, doubled, moved, indented or spoilt."""
    lines = list(WHOLE)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(lines) - 1))
        line = lines[place]
        match draw(st.sampled_from(("drop", "double", "move", "indent", "insert", "replace", "cut"))):
            case "drop":
                del lines[place]
            case "double":
                lines.insert(place, line)
            case "move":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(place))
            case "indent":
                lines[place] = " " * draw(st.integers(0, 8)) + line.lstrip()
            case "insert":
                column = draw(st.integers(0, len(line)))
                lines[place] = (
                    line[:column] + draw(st.sampled_from(SPITE) | st.text(max_size=5)) + line[column:]
                )
            case "replace":
                spite = draw(st.sampled_from(SPITE) | st.text(max_size=20))
                lines[place] = f"{line.partition(':')[0]}: {spite}\n"
            case _:
                lines[place] = line[: draw(st.integers(0, len(line)))]
    return "".join(lines)


def _load(content: bytes) -> Catalogue | tuple[Problem, ...]:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "catalogue.yaml"
        path.write_bytes(content)
        try:
            return load_catalogue(path)
        except CatalogueError as error:
            return error.problems


def _is_an_answer(answer: Catalogue | tuple[Problem, ...]) -> bool:
    if isinstance(answer, Catalogue):
        return bool(answer.content_hash)
    return bool(answer) and all(problem.detail and problem.file for problem in answer)


@settings(deadline=None, max_examples=60)
@given(mutated())
def test_a_spoilt_sample_loads_or_is_a_catalogue_error(text: str) -> None:
    """Whatever one does to the sample, it is either usable or refused with problems."""
    answer = _load(text.encode("utf-8", "surrogatepass"))

    assert _is_an_answer(answer)


@settings(deadline=None)
@given(
    st.binary(max_size=200) | st.text(alphabet="{}[]:-?&*!|>'\"%@`#, \n\tab01", max_size=80).map(str.encode)
)
def test_any_bytes_load_or_are_a_catalogue_error(content: bytes) -> None:
    """No file, however strange, raises anything but a CatalogueError."""
    answer = _load(content)

    assert _is_an_answer(answer)
