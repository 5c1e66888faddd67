"""The operator's guide as the doctor's findings point at it."""

from pathlib import Path

ROOT = Path(__file__).parents[1]


def has_line(runbook: str, code: str) -> bool:
    """Tell whether the section that a finding points at is there and has a line for its code."""
    page, _, anchor = runbook.partition("#")
    heading = f"\n### {anchor.replace('-', ': ', 1).capitalize()}\n"
    _, title, rest = (ROOT / page).read_text("utf-8").partition(heading)
    return bool(title) and f"\n| `{code}` |" in rest.partition("\n#")[0]
