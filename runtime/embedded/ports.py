"""Free TCP ports for servers that must come back on the same port.

Ports are taken from below the kernel's ephemeral range: there no outgoing connection (not even a client that
keeps trying to reach the stopped server itself) can occupy a port while its server is being restarted.
"""

import random
import socket
from contextlib import closing

_LOWEST = 15_000
_HIGHEST = 32_000  # the usual ephemeral range starts at 32768
_TRIES = 50


def is_free(host: str, port: int) -> bool:
    """Tell whether a server could listen on the port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
        return True


def pick(host: str) -> int:
    """Return a port that is free now; whoever uses it must be ready to lose a race for it."""
    for _ in range(_TRIES):
        port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311 - no secret
        if is_free(host, port):
            return port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
