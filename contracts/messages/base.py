"""The base of every message between services: frozen, tolerant of fields it does not know yet."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Code = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$")
]
"""A catalogue code: a stage, a document type, an office, a note or a missing paper."""

AnswerId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
"""What an answer of the knowledge base is called by."""

Hex64 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Message(BaseModel):
    """A frozen message; unknown fields are ignored so that newer senders stay readable."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    def encoded(self) -> bytes:
        """Return the message as the UTF-8 JSON that goes on the wire."""
        return self.model_dump_json(exclude_none=True).encode()
