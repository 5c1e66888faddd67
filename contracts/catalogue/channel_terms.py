"""By which accounts an agency reaches people, and on which terms."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from contracts.catalogue.entries import Entry
from contracts.channels import CHANNELS, known_channel
from contracts.messages.base import Code

AccountCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Channel = Annotated[Code, AfterValidator(known_channel)]


class ChannelTerms(Entry):
    """One account by which the agency reaches people, and on which terms.

    `account` tells further bots of a channel apart and is None for its first. `name` is the bot's public
    name or the sender's, as its channel writes one; empty where it has none. An account that `carries` only
    `actionable` stages is left out where people have nothing to do. `monthly_paid` is how many messages a
    month may cost money (None: any number), of SMS each part of a text; beyond it only actionable stages go
    out.
    """

    channel: Channel
    account: AccountCode | None = None
    name: str = Field(default="", validate_default=True)
    carries: Literal["all", "actionable"] = "all"
    monthly_paid: int | None = Field(default=None, ge=0)

    @property
    def account_name(self) -> str:
        """The account's name, unique in the agency: `telegram`, or `telegram.second`."""
        return self.channel if self.account is None else f"{self.channel}.{self.account}"

    @field_validator("name")
    @classmethod
    def _named(cls, name: str, info: ValidationInfo) -> str:
        kind = CHANNELS.get(info.data.get("channel", ""))
        return name if kind is None else kind.named(name)

    @field_validator("monthly_paid")
    @classmethod
    def _paid(cls, most: int | None, info: ValidationInfo) -> int | None:
        kind = CHANNELS.get(info.data.get("channel", ""))
        if most is not None and kind is not None and not kind.paid:
            raise ValueError(f"messages by {kind.title} cost nothing")
        return most
