"""What the desk needs to be told besides what every service does."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from contracts.links import PublicUrl
from contracts.services import DESK
from runtime.process.hosts import is_local
from runtime.settings import RuntimeSettings

_ISSUER = re.compile(r"https?://[^\s?#\"'<>]{1,300}")


def safe_url(url: str) -> str:
    """Return an address over which passwords may go; ValueError for one that others can read along."""
    if not url.startswith("https:") and not is_local(urlsplit(url).hostname or ""):
        raise ValueError("must begin with https://, but on this machine")
    return url


def issuer_url(url: str) -> str:
    """Return the name of a directory; ValueError where it is none."""
    if _ISSUER.fullmatch(url) is None:
        raise ValueError("must be like https://login.agency.example, as the directory calls itself")
    return safe_url(url)


DeskUrl = Annotated[PublicUrl, AfterValidator(safe_url)]
"""The outer address of the staff's door."""
Issuer = Annotated[str, AfterValidator(issuer_url)]


class DeskSettings(RuntimeSettings):
    """Settings of the desk.

    A missed question that nobody asks again is kept for `desk_miss_days`, and at most `desk_misses` of them:
    what more comes is counted and its words are not kept. With `conversation_keys` (`id:hex,id:hex`, the
    first key current, the same as the notifier's) people of the agency answer citizens.

    With `desk_url` (the outer address of the staff's door) staff sign in at `desk_port`; `staff_keys`
    (`id:hex,id:hex`, the first key current) seal their second factors. A session ends `desk_idle_minutes`
    after its last request, and after `desk_session_hours` whatever is done. With `oidc_issuer` staff sign in
    by that directory: `oidc_client_id` and `oidc_client_secret` are ours there, `oidc_claim` is the claim
    that holds somebody's login, `oidc_acr` how they must have signed in there.
    """

    conversation_keys: SecretStr | None = None
    staff_keys: SecretStr | None = None
    desk_url: DeskUrl | None = None
    desk_port: Annotated[int, Field(ge=0, le=65535)] = DESK.public_port
    desk_idle_minutes: Annotated[int, Field(ge=1, le=240)] = 30
    desk_session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    oidc_issuer: Issuer | None = None
    oidc_client_id: Annotated[str, StringConstraints(max_length=200)] = "docwatch"
    oidc_client_secret: SecretStr | None = None
    oidc_claim: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_:/.-]{1,100}$")] = "email"
    oidc_acr: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    desk_ops_port: Annotated[int, Field(ge=0, le=65535)] = DESK.ops_port
    desk_batch: Annotated[int, Field(ge=1, le=1000)] = 200
    desk_miss_days: Annotated[int, Field(ge=1, le=3650)] = 90
    desk_misses: Annotated[int, Field(ge=0, le=1_000_000)] = 20_000
