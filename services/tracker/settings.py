"""What the tracker needs to be told besides what every service does."""

from typing import Annotated

from pydantic import Field, SecretStr

from runtime.settings import RuntimeSettings


class TrackerSettings(RuntimeSettings):
    """Settings of the tracker; `receipt_key` is hexadecimal, at least 32 bytes."""

    receipt_key: SecretStr
    tracker_port: Annotated[int, Field(ge=0, le=65535)] = 8081
    tracker_batch: Annotated[int, Field(ge=1, le=1000)] = 200
    claim_redemptions: Annotated[int, Field(ge=1, le=100)] = 5
