"""What the tracker needs to be told besides what every service does."""

from typing import Annotated

from pydantic import Field, SecretStr

from contracts.services import TRACKER
from runtime.settings import RuntimeSettings


class TrackerSettings(RuntimeSettings):
    """Settings of the tracker; `receipt_key` is hexadecimal, at least 32 bytes.

    `typed_codes_each` and `typed_codes_together` are the wrong typed codes suffered in an hour, from one
    chat and from all. Somebody who follows may have `shares_open` shares open at a time, each for
    `share_days`. `brake_*`: see `services.tracker.domain.brake.Limits`.
    """

    receipt_key: SecretStr
    tracker_ops_port: Annotated[int, Field(ge=0, le=65535)] = TRACKER.ops_port
    tracker_batch: Annotated[int, Field(ge=1, le=1000)] = 200
    claim_redemptions: Annotated[int, Field(ge=1, le=100)] = 5
    typed_codes_each: Annotated[int, Field(ge=1, le=1000)] = 10
    typed_codes_together: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    shares_open: Annotated[int, Field(ge=1, le=100)] = 3
    share_days: Annotated[int, Field(ge=1, le=90)] = 7
    brake_events: Annotated[int, Field(ge=1)] = 1000
    brake_stage_events: Annotated[int, Field(ge=1)] = 100
    brake_factor: Annotated[float, Field(ge=1)] = 10.0
    brake_share: Annotated[float, Field(gt=0, le=1)] = 0.2
    brake_days: Annotated[int, Field(ge=1)] = 3
