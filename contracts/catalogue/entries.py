"""What every part of a catalogue shares: its form, and texts in every language of the agency."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Texts = Mapping[str, str]
"""Language -> text; a loaded catalogue has every language of the agency in every one of them."""
BusinessDays = Annotated[int, Field(ge=1, le=1000)]


class Entry(BaseModel):
    """What every part of a catalogue shares: frozen, and no key that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
