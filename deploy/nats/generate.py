"""Writes `rights.conf` from `contracts.logins`; with `--check` only says whether it is up to date."""

import sys
from collections.abc import Iterator
from pathlib import Path

from contracts.logins import LOGINS, Login
from deploy.generated import kept

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
    return kept({FILE: rendered()}, "deploy.nats.generate")


if __name__ == "__main__":
    sys.exit(main())
