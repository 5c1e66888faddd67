"""The consultation that the pages show to whoever writes one."""

import re
from pathlib import Path

from contracts.catalogue import load_catalogue

PAGE = Path(__file__).parents[3] / "docs" / "operations.md"
AGENCY = 'code: a, name: {uk: А, en: A}, languages: [uk, en], time_zone: Europe/Kyiv, consent_version: "1"'
NAMED = "name: {uk: К, en: K}, address: {uk: К, en: K}"
OFFICE = f'{{{NAMED}, hours: "24/7", latitude: 1, longitude: 1, phone: "12345"}}'
REST = f"""\
stages:
  done: {{rank: 1, name: {{uk: Г, en: D}}, text: {{uk: Г, en: D}}, next: {{uk: Г, en: D}}, terminal: true}}
documents:
  id_card: {{name: {{uk: К, en: C}}, stages: [done]}}
  foreign_passport: {{name: {{uk: К, en: C}}, stages: [done]}}
offices:
  kyiv-2: {OFFICE}
  lviv: {OFFICE}
consultations:
  foreign_passport:
    questions:
      age: {{text: {{uk: В, en: A}}, answers: {{a: {{uk: А, en: A}}, b: {{uk: Б, en: B}}}}}}
    papers: [{{paper: photograph}}, {{paper: police_extract, when: {{age: b}}}}]
"""


def test_the_example_is_fit(tmp_path: Path) -> None:
    """What the page shows is taken as it stands, in an agency that has the documents and offices it names."""
    section = PAGE.read_text("utf-8").partition("## What papers people need\n")[2]
    example = re.search(r"```yaml\n(.*?)```", section, re.DOTALL)
    assert example is not None
    shown = example[1].replace("agency: {", f"agency: {{{AGENCY}, ")
    (tmp_path / "example.yaml").write_text(shown, encoding="utf-8")
    (tmp_path / "rest.yaml").write_text(REST, encoding="utf-8")

    found = load_catalogue(tmp_path).consultations["id_card"]

    assert ["age", "lost"] == list(found.questions)
    assert found.ends
