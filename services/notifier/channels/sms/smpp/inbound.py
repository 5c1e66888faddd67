"""What a message centre delivers, as what became of messages, and as what people wish.

Of the texts that people send only a keyword does anything: nothing is answered by SMS. The identity of a
receipt is its content. That of a text is its content, the hour, and how many of the same were acknowledged in
this session: what comes again after a session was lost is the same, what somebody writes twice is not.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from services.notifier.channels.sms.keywords import wish_of
from services.notifier.channels.sms.numbers import written_number
from services.notifier.channels.sms.receipts import fate_of, fate_of_state, read_receipt, receipt_of
from services.notifier.channels.sms.smpp import pdus
from services.notifier.channels.sms.smpp.encoding import UCS2, read_text
from services.notifier.channels.sms.smpp.pdus import Delivered
from services.notifier.channels.sms.smpp.references import References
from services.notifier.domain.incoming import Body, DeliveryReceipt, Incoming

_KIND, _RECEIPT, _TEXT = 0x3C, 0x04, 0x00
_LONGEST_ID = 65
_MOST_REMEMBERED = 10_000


@dataclass
class Reader:
    """Reads what comes in one session; `own` is the address that the account's messages are from."""

    own: str
    references: References
    now: Callable[[], datetime]
    acknowledged: Counter[str] = field(default_factory=Counter)

    def read(self, delivered: Delivered) -> tuple[Incoming, ...]:
        """Return what a delivery says; nothing where it says nothing to us."""
        digest = _digest(delivered)
        if is_receipt(delivered):
            told = receipts_of(delivered, self.references)
            return tuple(
                self._incoming(f"{digest}:{number}", address, receipt)
                for address in filter(None, (self._written_to(delivered),))
                for number, receipt in enumerate(told)
            )
        # What has a header, or does not fit into one part, is no keyword.
        headed = delivered.esm_class & pdus.HAS_HEADER
        text = None if headed else read_text(delivered.content, delivered.coding)
        wish, address = None if text is None else wish_of(text), written_number(delivered.source)
        if wish is None or address is None:
            return ()
        hour = self.now().strftime("%Y%m%d%H")
        return (self._incoming(f"{digest}:{hour}:{self.acknowledged[digest]}", address, wish),)

    def acknowledge(self, delivered: Delivered) -> None:
        """Note that a delivery was acknowledged: the same in this session is another one."""
        if is_receipt(delivered):
            return
        if len(self.acknowledged) > _MOST_REMEMBERED:
            self.acknowledged.clear()
        self.acknowledged[_digest(delivered)] += 1

    def _written_to(self, delivered: Delivered) -> str | None:
        """Return the number that a receipt is about; some write ours and theirs the other way round."""
        source, own = written_number(delivered.source), written_number(self.own)
        return written_number(delivered.destination) if source in (None, own) else source

    def _incoming(self, update: str, address: str, body: Body) -> Incoming:
        return Incoming(update, address, private=True, language=None, at=self.now(), body=body)


def is_receipt(delivered: Delivered) -> bool:
    """Tell whether this is no text of somebody's: what people write cannot make it look so."""
    kind = delivered.esm_class & _KIND
    return kind == _RECEIPT or (kind == _TEXT and pdus.RECEIPTED_MESSAGE_ID in delivered.options)


def receipts_of(delivered: Delivered, references: References) -> tuple[DeliveryReceipt, ...]:
    """Return what a receipt says, once for each message that it may be of; nothing where that is no end."""
    charset = "utf-16-be" if delivered.coding == UCS2 else "latin-1"
    said = read_receipt(delivered.content.decode(charset, "replace"))
    state = delivered.options.get(pdus.MESSAGE_STATE, b"")
    fate = fate_of(said.status) if said is not None else None
    if fate is None and len(state) == 1:
        fate = fate_of_state(state[0])
    if fate is None:
        return ()
    told = delivered.options.get(pdus.RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1")
    named = [one for one in (told, "" if said is None else said.id) if 0 < len(one) <= _LONGEST_ID]
    error = None if said is None else said.error
    return tuple(receipt_of(reference, fate, error) for reference in references.meant(*named))


def _digest(delivered: Delivered) -> str:
    fields = (delivered.source, delivered.destination, delivered.esm_class, delivered.coding)
    whole = repr((fields, delivered.content, sorted(delivered.options.items())))
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32]
