"""Files that the code says: each generator writes them, or with `--check` compares them."""

import argparse
import sys
from collections.abc import Collection, Mapping
from pathlib import Path


def kept(wanted: Mapping[Path, str], module: str, there: Collection[Path] = ()) -> int:
    """Write these files and remove what else is `there`, or compare them; return the exit status.

    `module` is the generator, named to whoever has to run it.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description="Write what the code says.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where a file differs")
    check = parser.parse_args().check
    strays = sorted({*there} - wanted.keys())
    differing = [
        path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text
    ]
    if check:
        for path in (*differing, *strays):
            sys.stderr.write(f"{path} is not what the code says; run: python -m {module}\n")
        return 1 if differing or strays else 0
    for path in differing:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], "utf-8")
    for path in strays:
        path.unlink()
    return 0
