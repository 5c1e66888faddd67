"""What the notifier and the desk tell each other of a conversation between a citizen and staff.

Both directions count: `number` begins with 1 in each conversation and direction, so that a reader keeps the
order and sees what it has already. Texts are sealed by the ring that only these two services have.
"""

from base64 import b64encode
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Base64Bytes, Field, StringConstraints, TypeAdapter

from contracts.messages.base import AnswerId, Code, Message
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import RecipientId, SubscriptionId

PURPOSE = "docwatch/conversations"
"""What the keys of `DOCWATCH_CONVERSATION_KEYS` are for, as a key ring is told."""

LONGEST_TEXT = 4000
"""Characters of one utterance."""

_LONGEST_BOX = 4 * LONGEST_TEXT + 28
"""Bytes: every character may take four, and the nonce and the tag take 28."""

FILE_PART = 512 * 1024
"""Bytes of a file in one answer, so that each is within what NATS carries."""

Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
Minutes = Annotated[int, Field(ge=0, le=60 * 24 * 366)]


class Sealed(Message):
    """A text encrypted for the other service: the id of the key, and nonce, ciphertext and tag in base64."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    box: Annotated[Base64Bytes, Field(max_length=_LONGEST_BOX)]

    @classmethod
    def of(cls, key: str, box: bytes) -> Self:
        """Return what a key ring sealed."""
        return cls(key=key, box=b64encode(box))


def context(message: UUID) -> bytes:
    """Return what a text is bound to: it opens in the message (`talk_id` or `reply_id`) that it came with."""
    return b"docwatch/talk\x1f" + message.bytes


def file_context(file: UUID) -> bytes:
    """Return what the content of a file is bound to: it opens as the file of that id alone."""
    return b"docwatch/file\x1f" + file.bytes


class SentFile(Message):
    """A file that the citizen sent: its content stays with the notifier, sealed, until `until` at the latest.

    `size` in bytes; no name, for those that people give say who they are, and more.
    """

    file_id: UUID
    type: Literal["jpeg", "png", "webp", "pdf"]
    size: Annotated[int, Field(ge=1, le=2**31 - 1)]
    until: AwareDatetime


class _Talk(Message):
    version: Literal[1] = 1
    talk_id: UUID
    at: AwareDatetime


class _Within(_Talk):
    conversation_id: UUID
    number: Number


class Opened(_Within):
    """A citizen asks for a person; `number` is 1.

    `document`, `stage` and `office` are those of the document that it is about, None where it is about none;
    `actionable` and `overdue`: it waits to be collected or corrected, it is later than was expected.
    `answer`: the nearest answer of the base, where the base was asked. `channel`: where the citizen writes.
    """

    kind: Literal["opened"] = "opened"
    recipient_id: RecipientId
    language: Code
    channel: Code
    subscription_id: SubscriptionId | None = None
    document: Code | None = None
    stage: Code | None = None
    office: Code | None = None
    actionable: bool = False
    overdue: bool = False
    reason: Literal["asked", "missed", "complaint"]
    answer: AnswerId | None = None
    text: Sealed


class Said(_Within):
    """The citizen wrote more, or sent a `file`, which `text` names for whoever does not know files."""

    kind: Literal["said"] = "said"
    text: Sealed
    file: SentFile | None = None


class Withdrawn(_Within):
    """The citizen ended the conversation."""

    kind: Literal["withdrawn"] = "withdrawn"


class Rated(_Within):
    """The citizen's judgement of a conversation that is closed; one with a word may follow one without."""

    kind: Literal["rated"] = "rated"
    content: bool
    word: Sealed | None = None


class Reached(_Within):
    """How the delivery of an answer ended."""

    kind: Literal["reached"] = "reached"
    reply_id: UUID
    end: DeliveryEnd


class Forgotten(_Talk):
    """The citizen is to be forgotten: all that was said in conversations of theirs is erased. Idempotent."""

    kind: Literal["forgotten"] = "forgotten"
    recipient_id: RecipientId


class Moved(_Talk):
    """Two recipients are one person: conversations of `joining` are those of `into`. Idempotent."""

    kind: Literal["moved"] = "moved"
    joining: RecipientId
    into: RecipientId


class _Reply(Message):
    version: Literal[1] = 1
    reply_id: UUID
    conversation_id: UUID
    number: Number
    at: AwareDatetime


class Queued(_Reply):
    """Where the conversation stands in the queue; sent once, and again when it changes much.

    `place` counts from 1. The wait is `wait_from` to `wait_to` minutes of open hours; `opens_at`: the desk is
    closed until then. `by`: when an answer is promised at the latest.
    """

    kind: Literal["queued"] = "queued"
    place: Number
    wait_from: Minutes | None = None
    wait_to: Minutes | None = None
    opens_at: AwareDatetime | None = None
    by: AwareDatetime


class Answered(_Reply):
    """One of the staff answers; `author` is the public name, empty for "the desk"."""

    kind: Literal["answered"] = "answered"
    text: Sealed
    author: Annotated[str, StringConstraints(max_length=100)] = ""


class PassedOn(_Reply):
    """A specialist was asked; the citizen is told so."""

    kind: Literal["passed_on"] = "passed_on"


class Closed(_Reply):
    """The conversation is over; `rate`: the citizen is asked how it was."""

    kind: Literal["closed"] = "closed"
    why: Literal["answered", "silent", "withdrawn"]
    rate: bool = False


class WordsQuery(Message):
    """Ask the desk for all that one citizen and staff wrote to each other."""

    recipient_id: RecipientId


class Uttered(Message):
    """One thing that was said, sealed as it was sent: it opens in the message of that id."""

    utterance_id: UUID
    conversation_id: UUID
    at: AwareDatetime
    by_staff: bool
    author: Annotated[str, StringConstraints(max_length=100)] = ""
    text: Sealed


class Words(Message):
    """What was said, oldest first; `cut`: there was more before it."""

    words: tuple[Uttered, ...]
    cut: bool = False


class FileQuery(Message):
    """Ask the notifier for a part of a file that a citizen sent in a conversation: `offset` in bytes."""

    conversation_id: UUID
    file_id: UUID
    offset: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class FilePart(Message):
    """A part of the sealed content of a file, which has `size` bytes; no `key`: there is no such file.

    The key's id, and of nonce, ciphertext and tag what stands from the offset on.
    """

    key: Annotated[str, StringConstraints(max_length=64)] = ""
    size: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    part: Annotated[Base64Bytes, Field(max_length=FILE_PART)] = b""

    @classmethod
    def of(cls, key: str, size: int, part: bytes) -> Self:
        """Return a part as a row has it."""
        return cls(key=key, size=size, part=b64encode(part))


FILE = "docwatch.rpc.notifier.v1.file"
"""The subject of the question for a part of a file."""
WORDS = "docwatch.rpc.desk.v1.words"
"""The subject of the question for somebody's words."""
AnyTalk = Opened | Said | Withdrawn | Rated | Reached | Forgotten | Moved
"""What the notifier tells the desk."""
Talk = Annotated[AnyTalk, Field(discriminator="kind")]
"""Subject `docwatch.talk.v1`."""
AnyReply = Queued | Answered | PassedOn | Closed
"""What the desk tells the notifier."""
DeskReply = Annotated[AnyReply, Field(discriminator="kind")]
"""Subject `docwatch.reply.v1`."""

TALK: TypeAdapter[AnyTalk] = TypeAdapter(Talk)
WORDS_QUERY: TypeAdapter[WordsQuery] = TypeAdapter(WordsQuery)
FILE_QUERY: TypeAdapter[FileQuery] = TypeAdapter(FileQuery)
FILE_REPLY: TypeAdapter[FilePart] = TypeAdapter(FilePart)
WORDS_REPLY: TypeAdapter[Words] = TypeAdapter(Words)
DESK_REPLY: TypeAdapter[AnyReply] = TypeAdapter(DeskReply)
