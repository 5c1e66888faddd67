"""Directories and files that nobody else of this machine looks into."""

import os
import stat
from pathlib import Path

from runtime.embedded.account import Account
from runtime.embedded.errors import EmbeddedError

OWNER_ONLY = 0o700
PASSED_BY_GROUP = 0o710


def keep_private(directory: Path, mark: str, visitor: Account | None = None) -> str | None:
    """Make a directory that is its owner's alone, or take from others what they may do in one. Blocks.

    Args:
        directory: made when missing, with what is above it.
        mark: a name in it by which it is known to be ours, where it is not empty.
        visitor: whose group may pass through it to what lies below, but not see what is there.

    Returns what was taken away in one sentence, or None where nothing had to be.
    Raises EmbeddedError where the directory holds other things too and is open to others, or is another's.
    """
    mode = OWNER_ONLY if visitor is None else PASSED_BY_GROUP
    if not directory.exists():
        directory.mkdir(mode=OWNER_ONLY, parents=True)
    status = directory.stat()
    before, group = stat.S_IMODE(status.st_mode), status.st_gid
    wanted = group if visitor is None else visitor.gid
    if before == mode and group == wanted:
        return None
    too_wide = before & ~mode
    ours = (directory / mark).exists() or next(directory.iterdir(), None) is None
    if too_wide and (not ours or before & stat.S_ISVTX):
        raise EmbeddedError(
            f"{directory} is open to other accounts (mode {before:04o}) and not ours alone: "
            f"name a directory of its own, or: chmod 700 {directory}"
        )
    try:
        directory.chmod(OWNER_ONLY)  # first: no group but the wanted one may pass
        os.chown(directory, -1, wanted)
        directory.chmod(mode)
    except PermissionError:
        raise EmbeddedError(
            f"{directory} is open to other accounts (mode {before:04o}) and belongs to user {status.st_uid}: "
            f"have it closed by them: chmod 700 {directory}"
        ) from None
    return f"{directory} was open to other accounts (mode {before:04o}): now {mode:04o}" if too_wide else None


def close_below(*directories: Path) -> None:
    """Make directories that are their owner's alone: whoever may pass above must not see. Blocks."""
    for directory in directories:
        directory.mkdir(exist_ok=True)
        directory.chmod(OWNER_ONLY)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step by one that its owner alone can read. Blocks."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def close_file(path: Path) -> str | None:
    """Take from others what they may do with a file; return what was taken away, or None. Blocks."""
    before = stat.S_IMODE(path.stat().st_mode)
    if not before & 0o077:
        return None
    path.chmod(0o600)
    return f"{path} was open to other accounts (mode {before:04o}): now 0600; who may have read it meanwhile?"
