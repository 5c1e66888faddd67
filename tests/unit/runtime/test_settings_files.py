"""Settings whose values stand in files."""

from pathlib import Path

import pytest

from runtime.errors import SettingsError
from runtime.settings import take_files


def test_a_file_stands_for_the_setting(tmp_path: Path) -> None:
    """What stands in the file is the setting, without the line's end; other variables are left alone."""
    secret = tmp_path / "pepper"
    secret.write_text("ab\n")
    environ = {"DOCWATCH_PEPPER_FILE": str(secret), "DOCWATCH_HOST": "::1", "OTHER_FILE": "x"}

    take_files(environ)

    assert {"DOCWATCH_PEPPER": "ab", "DOCWATCH_HOST": "::1", "OTHER_FILE": "x"} == environ


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The setting and the file are named."""
    with pytest.raises(SettingsError, match=r"DOCWATCH_PEPPER_FILE: .*nowhere cannot be read"):
        take_files({"DOCWATCH_PEPPER_FILE": str(tmp_path / "nowhere")})


def test_a_setting_is_given_once(tmp_path: Path) -> None:
    """A setting given twice is refused, and neither value is shown."""
    secret = tmp_path / "pepper"
    secret.write_text("hidden-one")

    with pytest.raises(SettingsError) as refused:
        take_files({"DOCWATCH_PEPPER_FILE": str(secret), "DOCWATCH_PEPPER": "hidden-two"})

    assert "hidden" not in str(refused.value)
