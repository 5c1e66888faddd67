"""The few steps between fork and exec of an embedded server, run as a script of its own.

A separate interpreter does them instead of code after the fork, so that they are safe beside threads and the
same under every event loop. It changes the user first (that clears the parent-death signal), asks the kernel
to signal this process when its parent dies, makes sure that the parent did not die meanwhile, and becomes the
server.

Arguments: parent pid, death signal, user id or -1, group id or -1, the program's path and its arguments.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Become the program named in the arguments; returns only when the parent is already gone."""
    parent, death_signal, user, group = (int(argument) for argument in arguments[:4])
    program = arguments[4:]
    os.umask(0o077)
    if user >= 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError("the kernel refused the parent-death signal")
    if os.getppid() == parent:
        os.execv(program[0], program)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
