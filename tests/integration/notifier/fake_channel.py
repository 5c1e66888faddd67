"""The channel to the suite's own messenger: it knows nothing of what the suite expects."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

from services.notifier.channels.base import Capabilities
from services.notifier.domain.incoming import (
    Blocked,
    Body,
    DeliveryReceipt,
    Incoming,
    Said,
    Started,
    Tapped,
    Unblocked,
    Unsupported,
)
from services.notifier.domain.messages import Message
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from tests.integration.notifier.fake_messenger import FakeMessenger, Payload, ResetError, SilentError
from tests.integration.notifier.quiet_channel import QuietChannel

KEY = b"the messenger's own"
SIGNATURE = "X-Fake-Signature"
TYPE, ANSWERED = "application/json", b'{"status":0}'


def payload_of(message: Message, able: Capabilities) -> Payload:
    """Render a message as the messenger takes it."""
    runs = [(run.text, "*" if run.bold and not message.plain else "") for run in message.text]
    buttons = [(button.text, button.data) for row in message.buttons for button in row if not button.url]
    return Payload(
        text=runs,
        buttons=buttons,
        edits=message.replaces,
        file=None if message.attachment is None else message.attachment.content,
        private=message.private and able.private,
    )


@dataclass
class FakeChannel(QuietChannel):
    """One account of it; `posts` is where its updates arrive, whichever way they are then taken in."""

    messenger: FakeMessenger
    posted: list[bytes] = field(default_factory=list)

    @property
    def capabilities(self) -> Capabilities:
        """Return what the messenger can do."""
        return self.messenger.able

    async def send(self, address: str, message: Message, key: UUID) -> Result:  # noqa: ARG002 - knows no copies
        """Post one message and read the answer."""
        try:
            status, said = self.messenger.post(address, payload_of(message, self.capabilities))
        except (ResetError, SilentError) as error:
            return Unknown(repr(error))
        return _result(status, said)

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:  # noqa: ARG002 - never waits
        """Return what came after an update."""
        found = [one for body in self.posted for one in FakePosts().read(body)]
        return [one for one in found if after is None or one.number > after]

    def came(self, number: int, address: str, kind: str, *details: str) -> None:
        """Let something come from an address."""
        # Where updates are posted their identities need not be numbers that grow.
        identity = str(number) if "polling" in self.capabilities.updates else f"u/{-number}"
        told = {"id": identity, "from": address, "kind": kind, "details": details}
        self.posted.append(json.dumps(told).encode())


def _result(status: int, said: str) -> Result:
    refusals: Mapping[int, Result] = {
        401: AccountDown(said),
        403: Unreachable("blocked"),
        404: Unreachable("not_found"),
        400: Permanent("unparseable" if said == "emphasis" else "rejected", said),
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(float(said), "chat")
    accepted = Accepted(said) if status == HTTPStatus.OK and said else Unknown("no number in the answer")
    return refusals.get(status, accepted)


def signature(body: bytes) -> str:
    """Return what the messenger signs a body with."""
    return hmac.new(KEY, body, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class FakePosts:
    """The door for its updates: signed, and the first of somebody is answered in place."""

    url: str = "http://127.0.0.1/fake/door"
    path: str = "/fake/door"
    longest: int = 4096

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Tell whether there is a signature at all."""
        return SIGNATURE in headers

    def signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Compare the signature."""
        return hmac.compare_digest(headers[SIGNATURE].encode(), signature(body).encode())

    def read(self, body: bytes) -> Sequence[Incoming]:
        """Read one update; a greeting is only to be confirmed."""
        told = json.loads(body)
        if not isinstance(told, dict) or not isinstance(told.get("id"), str):
            raise ValueError("no update")  # noqa: TRY004 - the sender's fault
        if told["kind"] == "greeting":
            return ()
        did = _body(told["kind"], told["details"])
        at, inline = datetime.now(UTC), told["kind"] == "met"
        return (Incoming(told["id"], told["from"], True, "en", at, did, inline),)  # noqa: FBT003 - private

    def answer(self, address: str, shown: Sequence[Message]) -> tuple[str, bytes]:
        """Show messages, or confirm."""
        if not shown:
            return TYPE, ANSWERED
        return TYPE, json.dumps({"to": address, "show": [message.shown for message in shown]}).encode()


def _body(kind: str, details: Sequence[str]) -> Body:
    first, *rest = [*details, ""]
    bodies: Mapping[str, Body] = {
        "opened": Started(first),
        "met": Started(first),
        "said": Said(first),
        "tapped": Tapped(first, rest[0] if rest else None, "q"),
        "shut": Blocked(),
        "let in": Unblocked(),
        "delivered": DeliveryReceipt(first, "delivered"),
        "seen": DeliveryReceipt(first, "seen"),
        "failed": DeliveryReceipt(first, "failed"),
    }
    return bodies.get(kind, Unsupported(kind))
