"""Which account a server runs as, and whether that account can reach a file.

PostgreSQL refuses to run as root, so root hands it to the owner of the data or to `nobody`. An account that
may not enter one of the directories above a file cannot use it, whatever the file's own mode says.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from runtime.embedded.errors import EmbeddedError


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int

    @classmethod
    def for_data(cls, data: Path) -> "Account | None":
        """Return whom to become for a server on this data, or None to stay who we are.

        Root becomes the owner of existing data, else `nobody`; EmbeddedError where there is no such user.
        """
        if os.geteuid() != 0:
            return None
        owner = data.stat().st_uid if data.exists() else 0
        try:
            entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
        except KeyError:
            wanted = f"user {owner}, who owns {data}," if owner else "the user `nobody`"
            raise EmbeddedError(f"PostgreSQL does not run as root and {wanted} does not exist here") from None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def may(self, path: Path, wanted: int) -> bool:
        """Tell whether the mode bits of one path grant `wanted` (an octal digit) to this account."""
        status = path.stat()
        if status.st_uid == self.uid:
            granted = status.st_mode >> 6
        elif status.st_gid == self.gid:
            granted = status.st_mode >> 3
        else:
            granted = status.st_mode
        return granted & wanted == wanted

    def may_enter(self, directory: Path) -> bool:
        """Tell whether the account can go down to and into an existing directory."""
        real = directory.resolve()
        return all(self.may(step, stat.S_IXOTH) for step in (real, *real.parents))

    def may_use(self, tree: Path) -> bool:
        """Tell whether the account can enter, list and read everything in a tree."""
        if not self.may_enter(tree):
            return False
        readable = stat.S_IROTH
        for folder, _, names in os.walk(tree):
            here = Path(folder)
            if not self.may(here, readable | stat.S_IXOTH):
                return False
            if not all(self.may(here / name, readable) for name in names):
                return False
        return True
