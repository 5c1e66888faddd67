"""The agency's mailbox for what comes back (IMAP), looked at now and then.

The library of the standard one is used, in a thread: it is called once a minute, with little to do. What is a
report about a letter of ours is deleted once it is dealt with; everything else in the mailbox is left as it
is.
"""

import asyncio
import contextlib
import imaplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from runtime.clock import Clock
from services.notifier.channels.base import ChannelDownError
from services.notifier.channels.email.dsn import LONGEST, Bounce, bounce_of
from services.notifier.channels.email.incoming import incoming_of
from services.notifier.channels.email.marks import Marks
from services.notifier.channels.email.server import Server
from services.notifier.domain.addresses.confirmations import LOWEST_UPDATE
from services.notifier.domain.incoming import Incoming, Unsupported

LOOK_SECONDS = 60.0
MOST_AT_ONCE = 50
ANSWER_SECONDS = 20.0
_UIDS = 0xFFFFFFFF
_GENERATIONS = (LOWEST_UPDATE >> 32) - 1
"""Many servers count them in seconds: without their highest bits no mail passes a confirmation by."""


@dataclass
class BounceMailbox:
    """Reads reports out of one mailbox; a mail's number is the mailbox's generation and its place there."""

    server: Server
    marks: Marks = field(repr=False)
    clock: Clock = field(repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    look_seconds: float = LOOK_SECONDS
    _next_look: float = 0.0
    _reports: set[int] = field(default_factory=set)

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:
        """Return reports that came after a mail's number, waiting up to so many seconds for the next look.

        Raises ChannelDownError.
        """
        rest = self._next_look - self.clock.monotonic()
        if rest > 0:
            await self.clock.sleep(min(rest, wait))
            if rest > wait:
                return ()
        self._next_look = self.clock.monotonic() + self.look_seconds
        try:
            found = await asyncio.to_thread(self._look, after)
        except (OSError, imaplib.IMAP4.error, ValueError) as error:
            raise ChannelDownError(f"the mailbox at {self.server.name}: {type(error).__name__}") from None
        if len(found) == MOST_AT_ONCE:
            self._next_look = 0.0
        at = self.clock.now()
        taken: list[Incoming] = []
        for number, bounce in found:
            if bounce is not None:
                self._reports.add(number)
                reference = self.marks.message_id(bounce.key)
                taken.append(incoming_of(bounce, reference, str(number), at))
            else:
                # Nobody's, so that nothing is done about it and it is not looked at again.
                taken.append(Incoming(str(number), "", False, None, at, Unsupported("mail")))  # noqa: FBT003
        return taken

    def _look(self, after: int | None) -> list[tuple[int, Bounce | None]]:
        with open_mailbox(self.server, self.tls, ANSWER_SECONDS) as (box, generation):
            last = 0 if after is None or after >> 32 != generation else after & _UIDS
            self._delete(box, generation, last)
            return [
                (generation << 32 | uid, bounce_of(self._mail(box, uid), self.marks))
                for uid in self._reports_after(box, last)
            ]

    def _reports_after(self, box: imaplib.IMAP4, last: int) -> Sequence[int]:
        _, found = box.uid("SEARCH", f"UID {last + 1}:*", "HEADER", "Content-Type", "multipart/report")
        uids = sorted(int(uid) for line in found if line for uid in line.split() if uid.isdigit())
        return [uid for uid in uids if uid > last][:MOST_AT_ONCE]

    def _mail(self, box: imaplib.IMAP4, uid: int) -> bytes:
        _, found = box.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LONGEST}>)")
        return next((part[1] for part in found if isinstance(part, tuple)), b"")

    def _delete(self, box: imaplib.IMAP4, generation: int, last: int) -> None:
        """Delete the reports that are dealt with."""
        done = {number for number in self._reports if number >> 32 != generation or number & _UIDS <= last}
        uids = ",".join(str(number & _UIDS) for number in sorted(done) if number >> 32 == generation)
        if uids:
            box.uid("STORE", uids, "+FLAGS.SILENT", "(\\Deleted)")
            _, able = box.capability()
            if b"UIDPLUS" in (able[0] or b"").upper().split():
                box.uid("EXPUNGE", uids)
            else:
                box.expunge()
        self._reports -= done


@contextmanager
def open_mailbox(
    server: Server, tls: ssl.SSLContext | None, seconds: float
) -> Iterator[tuple[imaplib.IMAP4, int]]:
    """Open a mailbox for the length of the block, with its generation; blocking, each answer so long.

    Raises OSError, imaplib's errors, and ValueError where there is no such folder.
    """
    box: imaplib.IMAP4
    if server.tls == "at_once":
        box = imaplib.IMAP4_SSL(server.host, server.port, ssl_context=tls, timeout=seconds)
    else:
        box = imaplib.IMAP4(server.host, server.port, timeout=seconds)
    try:
        if server.tls == "starttls":
            box.starttls(tls)
        box.login(server.user or "", server.password or "")
        # A folder's name may hold anything, in quotes.
        folder = (server.folder or "INBOX").replace("\\", "\\\\").replace('"', '\\"')
        said, _ = box.select(f'"{folder}"')
        if said != "OK":
            raise ValueError("there is no such folder")
        _, generations = box.response("UIDVALIDITY")
        yield box, int(next(one for one in generations if one)) & _GENERATIONS
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            box.logout()
