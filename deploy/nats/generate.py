"""Writes `rights.conf` from `contracts.logins`; with `--check` only says whether it is up to date."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from contracts.logins import LOGINS, Login

FILE = Path(__file__).parent / "rights.conf"
HEAD = "# Made from contracts/logins.py by: python -m deploy.nats.generate\n"


def rendered() -> str:
    """Return the rights of every login in the form of nats-server, the same for the same table."""
    return HEAD + "".join(f"\n{_block(one)}" for one in LOGINS)


def _block(login: Login) -> str:
    lines = [
        f"{login.name.upper()}_RIGHTS = {{",
        *_allowed("publish", login.publish),
        *_allowed("subscribe", login.subscribe),
        *(["    allow_responses: true"] if login.answers else []),
        "}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _allowed(verb: str, subjects: tuple[str, ...]) -> Iterator[str]:
    yield f"    {verb}: {{ allow: ["
    yield from (f'        "{one}"' for one in subjects)
    yield "    ] }"


def main() -> int:
    """Write the rights, or compare them; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where the file differs")
    check = parser.parse_args().check
    text = rendered()
    if FILE.exists() and FILE.read_text("utf-8") == text:
        return 0
    if check:
        sys.stderr.write(f"{FILE} is not what the code says; run: python -m deploy.nats.generate\n")
        return 1
    FILE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
