"""The owner of an address proves that it is theirs; what they came for is done as if they tapped a button.

It is one update of the conversation, the same each time: pressed again, by two at once or after a kill it is
done once. What came of it is told at the address.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from runtime.clock import Clock
from runtime.database.postgres import Pool
from services.notifier.domain.addresses import confirmations as rules
from services.notifier.domain.addresses.confirmations import Kept
from services.notifier.domain.incoming import Incoming, Tapped
from services.notifier.domain.messages import Message
from services.notifier.recipients import routes
from services.notifier.recipients.confirmations import Confirmations, Found, owner_of
from services.notifier.wording.keyboard import callback_data

Take = Callable[[Incoming], Awaitable[Sequence[Message]]]
"""Takes one update in; raises a passing error where it is to come again."""


@dataclass(frozen=True)
class Confirming:
    """Takes what is confirmed; `accounts` are those served here, each with what takes its updates in."""

    pool: Pool
    confirmations: Confirmations
    clock: Clock
    accounts: Mapping[str, Take]

    async def by_link(self, secret: str) -> bool:
        """Confirm what a link leads to; False for one that leads to nothing.

        Raises a passing error where it is to be pressed again.
        """
        found = await self.confirmations.find(self.pool, secret)
        # The secret of the page where a code is typed proves nothing: whoever asked has it.
        if found is None or found.kept.code is not None:
            return False
        return await self._done(found)

    async def by_code(self, secret: str, code: str) -> bool:
        """Confirm what a code proves that was typed on a page; False for a wrong one, or one too many.

        Each counts before it is compared, however many come at once; the right one is taken back.
        """
        found = await self.confirmations.try_code(self.pool, secret)
        if found is None or found.kept.code is None:
            return False
        now, owner = self.clock.now(), f"tries of {await self._owner(found.kept)}"
        if not await self.confirmations.count(self.pool, owner, "day", now, rules.TRIES_A_DAY):
            return False
        if not hmac.compare_digest(found.kept.code.encode(), code.encode()):
            return False
        await self.confirmations.untry(self.pool, found.id)
        await self.confirmations.uncount(self.pool, owner, "day", now)
        return await self._done(found)

    async def _owner(self, kept: Kept) -> str:
        if rules.brought(kept.secret) == "receipt":
            return owner_of(kept, None)
        inviter = await routes.invited_by(self.pool, kept.secret, None)
        return owner_of(kept, None if inviter is None else inviter.recipient_id)

    async def _done(self, found: Found) -> bool:
        take = self.accounts.get(found.kept.account)
        if take is None:
            return False
        await take(self._update(found))
        return True

    def _update(self, found: Found) -> Incoming:
        kept = found.kept
        if rules.brought(kept.secret) == "receipt":
            data = callback_data.receipt("y", "token", kept.secret, kept.language)
        else:
            data = callback_data.joining("y", kept.secret, kept.language)
        return Incoming(
            rules.update_of(found.id),
            kept.address,
            private=True,
            language=kept.language,
            at=self.clock.now(),
            body=Tapped(data, None, ""),
            confirms=kept.detail,
        )
