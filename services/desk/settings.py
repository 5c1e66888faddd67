"""What the desk needs to be told besides what every service does."""

from typing import Annotated

from pydantic import Field

from contracts.services import DESK
from runtime.settings import RuntimeSettings


class DeskSettings(RuntimeSettings):
    """Settings of the desk.

    A missed question that nobody asks again is kept for `desk_miss_days`, and at most `desk_misses` of them:
    what more comes is counted and its words are not kept.
    """

    desk_ops_port: Annotated[int, Field(ge=0, le=65535)] = DESK.ops_port
    desk_batch: Annotated[int, Field(ge=1, le=1000)] = 200
    desk_miss_days: Annotated[int, Field(ge=1, le=3650)] = 90
    desk_misses: Annotated[int, Field(ge=0, le=1_000_000)] = 20_000
