"""Somebody gives an address on our page: a message goes there that its owner alone can answer.

Whatever comes of it, whoever asked is told the same. Nothing is sent for a secret that is none, and no more
than a few messages to one address, for one receipt and in all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

from contracts.channels import CHANNELS, channel_of
from contracts.links import confirm_link
from runtime.clock import Clock
from runtime.database.postgres import Pool
from services.notifier.conversation.tracker_client import Tracker
from services.notifier.delivery.sending.restraint import PaidMessages
from services.notifier.delivery.store import Store
from services.notifier.domain.actions import Outbound
from services.notifier.domain.addresses import confirmations as rules
from services.notifier.domain.addresses.confirmations import Kept, Wish
from services.notifier.domain.messages import Message
from services.notifier.domain.sessions import Tariff
from services.notifier.recipients import routes
from services.notifier.recipients.addresses import Recipients
from services.notifier.recipients.confirmations import Confirmations, owner_of
from services.notifier.wording import prompts
from services.notifier.wording.i18n import Voice

Came = Literal["sent", "unknown", "limited", "spent"]
"""`spent`: as much as the agency pays for in a month is used up; it is the same whoever asks for whom."""


@dataclass(frozen=True)
class Asked:
    """What is told to nobody but operators, `came`, and the secret of the page on which a code is typed.

    Where a link confirms, that is in the letter alone: this secret is none of it.
    """

    secret: str
    came: Came


class _LimitError(Exception):
    """One of the limits is reached, or the owner wants nothing: what was counted before is taken back."""


@dataclass(frozen=True)
class Asking:
    """Takes wishes; `recipients` are those of each account that has such addresses."""

    pool: Pool
    store: Store
    confirmations: Confirmations
    tracker: Tracker
    voice: Voice
    clock: Clock
    public_url: str
    recipients: Mapping[str, Recipients]

    async def ask(self, wish: Wish) -> Asked:
        """Have the owner of an address confirm a wish.

        Raises RpcUnavailableError, or a passing error of the database, where nobody knows whether the secret
        is one; then nothing was sent.
        """
        page = rules.new_secret()
        if await self._spent(wish.account):
            return Asked(page, "spent")
        owner = await self._owner(wish)
        if owner is None:
            return Asked(page, "unknown")
        by_link = CHANNELS[channel_of(wish.account)].confirmed_by == "link"
        try:
            await self._send(wish, rules.new_secret() if by_link else page, owner)
        except _LimitError:
            return Asked(page, "limited")
        return Asked(page, "sent")

    async def _spent(self, account: str) -> bool:
        """Tell whether nothing more is paid for; asked first, so that it says nothing of receipts."""
        tariff = Tariff(ZoneInfo(self.voice.catalogue.agency.time_zone), None)
        return await PaidMessages(self.pool, account).spent(tariff.month(self.clock.now()))

    async def _owner(self, wish: Wish) -> str | None:
        """Return for whom a wish counts; None where its secret is none that works."""
        if rules.brought(wish.secret) == "receipt":
            return owner_of(wish, None) if await self.tracker.stands(wish.secret) else None
        async with self.store.unit() as unit:
            inviter = await routes.invited_by(unit.connection, wish.secret, None)
        return None if inviter is None else owner_of(wish, inviter.recipient_id)

    async def _send(self, wish: Wish, secret: str, owner: str) -> None:
        identity, now = uuid4(), self.clock.now()
        kept, life, message = self._worded(wish, secret)
        recipients = self.recipients[wish.account]
        async with self.store.unit() as unit:
            connection, count = unit.connection, self.confirmations.count
            address = f"address {wish.account} {rules.counted_as(wish.address)}"
            if not await count(connection, address, "day", now, rules.OF_ADDRESS_A_DAY):
                raise _LimitError
            if not await count(connection, owner, "day", now, rules.OF_OWNER_A_DAY):
                raise _LimitError
            place = await recipients.place_at(connection, wish.address, now)
            if place is None:
                raise _LimitError
            await self.confirmations.keep(connection, identity, secret, kept, life)
            # Not by the update that confirming will be: its answers have names of their own.
            await self.store.store_answers(
                unit, recipients, place, f"confirm/{identity}", [Outbound(message)]
            )
            unit.guests.add(place.recipient_id)
            # Last, for everybody waits for whoever holds this one.
            account = f"account {wish.account}"
            if not await count(connection, account, "hour", now, rules.OF_ACCOUNT_AN_HOUR):
                raise _LimitError

    def _worded(self, wish: Wish, secret: str) -> tuple[Kept, timedelta, Message]:
        speech = self.voice.speech(wish.language)
        kept = Kept(wish.account, wish.address, wish.secret, wish.language, wish.detail)
        if CHANNELS[channel_of(wish.account)].confirmed_by == "link":
            link = confirm_link(self.public_url, secret)
            return kept, rules.LINK_LIFE, prompts.confirm_by_link(speech, link, wish.detail)
        code = rules.new_code()
        page = self.public_url.partition("://")[2]
        return replace(kept, code=code), rules.CODE_LIFE, prompts.confirm_by_code(speech, code, page)
