"""Writes what the chart holds of other parts of the tree; with `--check` only says whether it is up to date.

A chart cannot read outside itself, so it has copies: rules, dashboards, the sample catalogue, the table of
services, the schema of its values, its README's table, values for NATS, and the renders that tests compare.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import yaml

from deploy.generated import kept
from deploy.helm import nats_values
from deploy.helm.rendering import CHART, GOLDEN, golden_files
from deploy.helm.schema import schema
from deploy.helm.services import facts
from deploy.helm.table import table

ROOT = Path(__file__).parents[2]
COPIES = {
    "rules": (ROOT / "deploy" / "prometheus" / "rules", "*.yml"),
    "dashboards": (ROOT / "deploy" / "grafana" / "dashboards", "*.json"),
    "catalogue": (ROOT / "sandbox" / "agency" / "catalogue", "*.yaml"),
}
MADE = "# Made from the services' settings by: python -m deploy.helm.generate\n"
START, END = "<!-- values -->\n", "\n<!-- end of values -->"


def inputs() -> Iterator[tuple[Path, str]]:
    """Yield what must stand in the chart before it can be rendered."""
    text = (CHART / "values.yaml").read_text("utf-8")
    values = yaml.safe_load(text)
    for name, (source, pattern) in COPIES.items():
        for one in sorted(source.glob(pattern)):
            yield CHART / "files" / name / one.name, one.read_text("utf-8")
    yield CHART / "files" / "services.yaml", MADE + yaml.safe_dump(facts(), sort_keys=False)
    yield CHART / "values.schema.json", json.dumps(schema(values), indent=2) + "\n"
    yield CHART / "nats.yaml", nats_values.standalone()
    yield CHART / "nats-along.yaml", nats_values.nested()
    yield CHART / "README.md", _between((CHART / "README.md").read_text("utf-8"), table(text, values))
    yield CHART / "Chart.yaml", _versioned((CHART / "Chart.yaml").read_text("utf-8"))


def _between(text: str, wanted: str) -> str:
    before, _, rest = text.partition(START)
    return f"{before}{START}{wanted}{END}{rest.partition(END)[2]}"


def _versioned(text: str) -> str:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return re.sub(r"^appVersion: .*$", f'appVersion: "{version}"', text, flags=re.MULTILINE)


def main() -> int:
    """Write all of it, or compare it; return the exit status. Renders follow from what was written before."""
    module = "deploy.helm.generate"
    copies = [one for name in COPIES for one in (CHART / "files" / name).glob("*")]
    status = kept(dict(inputs()), module, copies)
    return status or kept(golden_files(), module, [*GOLDEN.glob("*.yaml")])


if __name__ == "__main__":
    sys.exit(main())
