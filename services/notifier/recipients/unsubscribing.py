"""The secret in a message that ends its address with one click, and leads to nothing else.

It is made from the address's id and a key, so nothing is stored for it; it works as long as its key is in the
ring.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from contracts.links import unsubscribe_link
from runtime.keyring import KeyRing

PURPOSE = "docwatch/unsubscribe"
_ID_BYTES = _TAG_BYTES = 16


class UnsubscribeLinks:
    """Makes the links, and reads their secrets."""

    def __init__(self, ring: KeyRing, public_url: str) -> None:
        self._ring = ring
        self._public_url = public_url

    def link(self, address: UUID) -> str:
        """Return the link that ends an address."""
        secret = urlsafe_b64encode(address.bytes + self._tags(address)[0]).rstrip(b"=").decode()
        return unsubscribe_link(self._public_url, secret)

    def address(self, secret: str) -> UUID | None:
        """Return which address a secret of `contracts.links.UNSUBSCRIBING` ends; None for any other.

        It takes as long for one as for the other.
        """
        raw = urlsafe_b64decode(f"{secret}=")
        address, tag = UUID(bytes=raw[:_ID_BYTES]), raw[_ID_BYTES:]
        known = [hmac.compare_digest(tag, own) for own in self._tags(address)]
        return address if any(known) else None

    def _tags(self, address: UUID) -> list[bytes]:
        return [tag[:_TAG_BYTES] for tag in self._ring.tags(PURPOSE, address.hex)]
