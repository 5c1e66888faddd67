"""What the tracker needs to be told besides what every service does."""

from typing import Annotated

from pydantic import Field, SecretStr

from runtime.settings import RuntimeSettings


class TrackerSettings(RuntimeSettings):
    """Settings of the tracker; `receipt_key` is hexadecimal, at least 32 bytes.

    `typed_codes_each` and `typed_codes_together` are the wrong typed codes suffered in an hour, from one
    recipient and from all.
    """

    receipt_key: SecretStr
    tracker_port: Annotated[int, Field(ge=0, le=65535)] = 8081
    tracker_batch: Annotated[int, Field(ge=1, le=1000)] = 200
    claim_redemptions: Annotated[int, Field(ge=1, le=100)] = 5
    typed_codes_each: Annotated[int, Field(ge=1, le=1000)] = 10
    typed_codes_together: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
