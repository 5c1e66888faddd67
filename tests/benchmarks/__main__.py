"""Every benchmark that needs no more than some minutes, one after the other: `python -m tests.benchmarks`."""

import subprocess
import sys

BENCHMARKS = (
    ("scale", "--sizes", "10000,100000"),
    ("conversation", "--askers", "100", "--seconds", "20", "--pushes", "10"),
    ("answer_latency",),
    ("metrics_cost",),
)


def main() -> int:
    """Run them; return how many failed."""
    failed = 0
    for name, *arguments in BENCHMARKS:
        print(f"\n## {name}", flush=True)
        command = [sys.executable, "-m", f"tests.benchmarks.{name}", *arguments]
        failed += subprocess.run(command, check=False).returncode != 0  # noqa: S603 - our own modules
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
