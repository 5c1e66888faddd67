"""Every message that was ever released can be read, and the release before reads every message of today."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import capture, releases

HERE = Path(__file__).parent


def lost(sent: Any, read: Any) -> bool:  # noqa: ANN401 - any JSON
    """Tell whether something that was said is not there, or otherwise, once it was read."""
    match sent, read:
        case dict(), dict():
            return any(name not in read or lost(value, read[name]) for name, value in sent.items())
        case list(), list():
            return len(sent) != len(read) or any(map(lost, sent, read))
        case _:
            return bool(sent != read)


@pytest.mark.parametrize("version", releases.released())
def test_what_was_released_is_read_whole(version: str) -> None:
    """Today's models read every message of a release, and nothing that it says is lost."""
    known = capture.adapters()
    folder = HERE / f"v{version}"

    wrong = [
        (name, line)
        for name, line in capture.stored(folder)
        if lost(
            json.loads(line),
            json.loads(capture.encoded(name, known[name], known[name].validate_json(line))),
        )
    ]

    assert any(capture.stored(folder)), f"git archive v{version}, then capture.py write there"
    assert [] == wrong


def test_the_release_before_reads_today(tmp_path: Path) -> None:
    """A service of the release before can read whatever a service of today may send to it."""
    old = releases.tree(releases.before(), tmp_path / "old")
    capture.capture(tmp_path / "today")
    # No service reads a callback: receivers are told in the guide that there may be more effects one day.
    (tmp_path / "today" / "callback.v1.jsonl").unlink()

    said = releases.run(old, [capture.__file__, "read", str(tmp_path / "today")])

    assert said == ""


def test_every_choice_is_captured(tmp_path: Path) -> None:
    """A capture holds a file for every kind of message, and each end, effect and kind of notice in it."""
    capture.capture(tmp_path)

    notices = {json.loads(line)["kind"] for name, line in capture.stored(tmp_path) if name == "notice.v1"}
    assert set(capture.adapters()) == {path.stem for path in tmp_path.iterdir()}
    assert {"advance", "update", "correction", "restart", "overdue", "follower"} == notices
