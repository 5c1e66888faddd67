"""Every alert fires when it should, is quiet when it should, and says what to do."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "prometheus"
CASES = sorted(FOLDER.glob("*.test.yml"))
ALERTS = {
    rule["alert"]: rule
    for file in sorted((FOLDER / "rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text("utf-8"))["groups"]
    for rule in group["rules"]
}


def promtool(*arguments: str) -> str:
    """Run promtool; fail with what it says."""
    program = shutil.which("promtool")
    if program is None:
        pytest.fail("promtool is needed: apt-get install prometheus")
    done = subprocess.run(  # noqa: S603 - a program of the system on files of the project
        [program, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def test_the_rules_can_be_read() -> None:
    """Prometheus accepts every rule."""
    promtool("check", "rules", *(str(one) for one in (FOLDER / "rules").glob("*.yml")))


def test_each_alert_fires_and_is_quiet_as_its_cases_say() -> None:
    """Both cases of each alert hold."""
    promtool("test", "rules", *(one.name for one in CASES))


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_has_both_cases(name: str) -> None:
    """There is a case in which the alert fires and one in which it does not."""
    cases = {one["name"] for file in CASES for one in yaml.safe_load(file.read_text("utf-8"))["tests"]}

    assert {f"{name} fires", f"{name} is quiet"} <= cases


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_leads_to_its_runbook(name: str) -> None:
    """The alert links a section that says what it means, how to look and what to do."""
    guide = (ROOT / "docs" / "operations.md").read_text("utf-8")
    section = guide.partition(f"\n### {name}\n")[2].partition("\n#")[0]

    assert f"docs/operations.md#{name.lower()}" == ALERTS[name]["annotations"]["runbook"]
    assert all(part in section for part in ("**Means**", "**Look**", "**Do**")), f"no runbook for {name}"
