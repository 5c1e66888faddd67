"""The ids that a message centre gives to messages, however it writes them.

It may name a message by a number of one base when it takes it, and by the same of another base in its
receipt, with zeros before it or not: which, nobody says. So a receipt is one of a message that we remember by
any of its spellings, and where we remember none, for instance after a restart, of whichever there is.
"""

from services.notifier.channels.sms.receipts import reference_of

MOST = 20_000
"""So many ids are remembered; receipts mostly come within seconds."""


class References:
    """The ids of the messages that were taken last, as their references are written."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: dict[str, None] = {}

    def taken(self, identity: str) -> str:
        """Return the reference of a message that was just taken under an id, and remember it."""
        reference = canonical(identity)
        self._known.pop(reference, None)
        self._known[reference] = None
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]
        return reference

    def meant(self, *identities: str) -> tuple[str, ...]:
        """Return the references that a receipt may be of: the one that is known, else each there may be."""
        found = tuple(dict.fromkeys(one for identity in identities for one in spellings(identity)))
        return next(((one,) for one in found if one in self._known), found)


def canonical(identity: str) -> str:
    """Return the one spelling of an id that differs in zeros and capitals alone; it holds no space."""
    number = reference_of(identity, "hex")
    if number is not None:
        return f"{int(number):x}"
    # A reference of several parts is their ids with spaces between.
    return "".join(letter if "!" <= letter <= "~" else f"%{ord(letter):02x}" for letter in identity.strip())


def spellings(identity: str) -> tuple[str, ...]:
    """Return an id in one spelling, and where it is a number in that of the same number in the other base."""
    found = [canonical(identity)]
    for base, written in (("decimal", "x"), ("hex", "d")):
        number = reference_of(identity, base)  # type: ignore[arg-type] # both are bases
        if number is not None:
            found.append(canonical(format(int(number), written)))
    return tuple(dict.fromkeys(found))
