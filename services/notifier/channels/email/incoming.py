"""What comes back by mail as something that a citizen's address did."""

import hashlib
from datetime import datetime

from services.notifier.channels.email.dsn import Bounce
from services.notifier.domain.incoming import DeliveryReceipt, Incoming


def incoming_of(bounce: Bounce, reference: str, update: str, at: datetime) -> Incoming:
    """Return a letter that did not arrive as a receipt, which tells the letter and not whose it is."""
    receipt = DeliveryReceipt(reference, "failed", bounce.status, bounce.key, bounce.gone)
    return Incoming(update, "", True, None, at, receipt)  # noqa: FBT003 - `private`: it is told to us alone


def identity_of(mail: bytes) -> str:
    """Return the identity of a mail that was posted: the same mail is the same update."""
    return f"mail:{hashlib.sha256(mail).hexdigest()}"
