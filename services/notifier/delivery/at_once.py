"""Claims made in the transaction that stores what they claim: one commit in place of two for a message.

Only the owner of an account claims, so this happens where the process that stores is that owner. Everybody
else is told that there is something to send.
"""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from runtime.database.postgres import Connection


class Claims(Protocol):
    """What was claimed of one account's; exactly one of the two is called, after the transaction."""

    def __len__(self) -> int: ...

    def committed(self) -> None:
        """Make the attempts."""

    def failed(self) -> None:
        """Forget them: the commit failed, or nobody knows whether it did."""


class Tenure(Protocol):
    """What the owner of an account lets a transaction do."""

    async def claim_stored(self, connection: Connection, deliveries: Sequence[UUID]) -> Claims | None:
        """Claim of what the transaction stored what may be sent now; None where this is not the moment.

        The last that a transaction does, so that nobody waits for it. Raises what the database says; one of
        TRANSIENT where somebody else writes to one of these people at this moment.
        """


class AtOnce:
    """What one transaction claims; a context that ends after its commit."""

    def __init__(self, tenures: Mapping[str, Tenure]) -> None:
        self._tenures = tenures
        self._claims: list[Claims] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for claims in self._claims:
            if kind is None:
                claims.committed()
            else:
                claims.failed()

    async def claim(self, connection: Connection, stored: Mapping[str, Sequence[UUID]]) -> Sequence[str]:
        """Claim of what was stored, by account; return the accounts at which something is left."""
        left: list[str] = []
        for account, deliveries in sorted(stored.items()):
            tenure = self._tenures.get(account)
            claims = None if tenure is None else await tenure.claim_stored(connection, deliveries)
            if claims is not None:
                self._claims.append(claims)
            if claims is None or len(claims) < len(deliveries):
                left.append(account)
        return left
