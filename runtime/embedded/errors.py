"""What can go wrong with an embedded server.

EmbeddedError
└── PortTakenError
"""


class EmbeddedError(RuntimeError):
    """The embedded server cannot do this."""


class PortTakenError(EmbeddedError):
    """Another program listens on the wanted port."""

    def __init__(self, server: str, host: str, port: int) -> None:
        super().__init__(
            f"{server}: port {port} on {host} is taken by another program; stop it or choose another port"
        )
        self.port = port
