"""The mailboxes of the citizens, on disk in the file of the simulated phones."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from runtime.clock import Clock
from runtime.database.sql import load
from sandbox.deeds import WorldError
from sandbox.email.model import DOMAIN, Event, Mail, Mailbox, MailboxChanged, MailCame

_ADDRESS = re.compile(rf"(?:[a-z-]+\.)?([1-9][0-9]{{0,17}})(?:\+[^@]*)?@{re.escape(DOMAIN)}", re.IGNORECASE)


class World:
    """Takes letters in and lets citizens read them.

    A mailbox is `anything.NUMBER@mail.example` of the citizen with that number; `people` raises WorldError
    where there is none.
    """

    def __init__(
        self,
        path: Path | None,
        people: Callable[[int], object],
        clock: Clock,
        publish: Callable[[Event], None],
    ) -> None:
        """Open the file, or a world in memory where there is none."""
        self._sql = load("sandbox.email")
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(":memory:" if path is None else path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "busy_timeout=2000"):
            self._database.execute("PRAGMA " + pragma)
        self._database.executescript(self._sql["schema"])
        self._people = people
        self._clock = clock
        self._publish = publish

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def wipe(self) -> None:
        """Forget everything."""
        self._database.executescript(self._sql["wipe"])

    def owner(self, address: str) -> Mailbox | None:
        """Return the mailbox of an address; None where there is none."""
        found = _ADDRESS.fullmatch(address)
        if found is None:
            return None
        try:
            self._people(int(found[1]))
        except WorldError:
            return None
        return self.mailbox(int(found[1]))

    def mailbox(self, citizen_id: int) -> Mailbox:
        """Return a citizen's mailbox; raises WorldError where there is no such citizen."""
        self._people(citizen_id)
        row = self._run("mailbox", citizen_id).fetchone()
        return Mailbox(citizen_id) if row is None else Mailbox(row[0], row[1], bool(row[2]))

    def mailboxes(self) -> list[Mailbox]:
        """Return all that anything was done with."""
        return [Mailbox(one, read, bool(closed)) for one, read, closed in self._run("mailboxes").fetchall()]

    def take(
        self, mailbox: Mailbox, sender: str, recipient: str, envelope_id: str | None, raw: bytes
    ) -> Mail:
        """Put a letter into a mailbox."""
        at = self._clock.now()
        values = (mailbox.citizen_id, sender, recipient, envelope_id, raw, at.isoformat())
        number = int(self._run("put_mail", *values).fetchone()[0])
        mail = Mail(number, mailbox.citizen_id, sender, recipient, envelope_id, raw, at)
        self._change(mailbox)
        self._publish(MailCame(mail))
        return mail

    def mails(self, citizen_id: int, after: int = 0) -> Iterator[Mail]:
        """Yield a mailbox, oldest first."""
        return (_mail(row) for row in self._run("mails_of", citizen_id, after).fetchall())

    def all_mails(self, after: int = 0) -> Iterator[Mail]:
        """Yield every letter in the order of coming."""
        return (_mail(row) for row in self._run("all_mails", after).fetchall())

    def last(self, citizen_id: int) -> Mail | None:
        """Return the newest letter of a mailbox."""
        row = self._run("last_of", citizen_id).fetchone()
        return None if row is None else _mail(row)

    def unread(self, mailbox: Mailbox) -> int:
        """Return how many letters of a mailbox nobody has looked at."""
        return int(self._run("unread", mailbox.citizen_id, mailbox.read_up_to).fetchone()[0])

    def reads(self, citizen_id: int) -> Mailbox:
        """Let a citizen look at the mailbox."""
        mailbox, last = self.mailbox(citizen_id), self.last(citizen_id)
        mailbox.read_up_to = 0 if last is None else last.number
        return self._change(mailbox)

    def closes(self, citizen_id: int, *, closed: bool) -> Mailbox:
        """Have a mailbox take no letters any more, or again."""
        mailbox = self.mailbox(citizen_id)
        mailbox.closed = closed
        return self._change(mailbox)

    def _change(self, mailbox: Mailbox) -> Mailbox:
        self._run("put_mailbox", mailbox.citizen_id, mailbox.read_up_to, int(mailbox.closed))
        self._publish(MailboxChanged(mailbox))
        return mailbox

    def _run(self, query: str, *values: object) -> sqlite3.Cursor:
        return self._database.execute(self._sql[query], values)


def _mail(row: tuple[int, int, str, str, str | None, bytes, str]) -> Mail:
    return Mail(*row[:6], datetime.fromisoformat(row[6]))
