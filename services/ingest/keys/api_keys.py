"""API keys: 256 random bits shown once, stored as a hash, bound to one publisher and some scopes."""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from contracts.messages.ids import Publisher
from runtime.clock import Clock, SystemClock
from runtime.database import sql
from runtime.database.postgres import Pool, transaction
from services.ingest.domain.key_limits import ANYTHING, Limits

PREFIX = "dw_"
MOST_LIVE = 2
MOST_CODES = 500
LONGEST_CODE = 64
"""Of a key's documents or offices; each request of the key is judged by them."""
_KEY = re.compile(r"dw_[A-Za-z0-9_-]{43}")
_PUBLISHER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")
_LONGEST_NAME = 100
SQL = sql.load("services.ingest.keys", "api_keys.sql")


class KeyRefusedError(ValueError):
    """A key cannot be made like that; the message says why."""


class Scope(StrEnum):
    """What a key may do."""

    EVENTS = "events:write"
    RECEIPTS = "receipts:write"
    OUTCOMES = "outcomes:read"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret."""

    key_id: UUID
    publisher: Publisher
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    limits: Limits = ANYTHING
    last_used_at: datetime | None = None

    def valid_at(self, now: datetime) -> bool:
        """Tell whether the key opens anything now."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


async def create_key(
    pool: Pool,
    publisher: str,
    scopes: Collection[Scope] = tuple(Scope),
    *,
    name: str = "",
    expires_in: timedelta | None = None,
    documents: Collection[str] = (),
    offices: Collection[str] = (),
    clock: Clock | None = None,
) -> tuple[UUID, str]:
    """Make a key and return (its id, the secret that is never shown again); KeyRefusedError.

    Without `documents` or `offices` the key is not limited to any. A publisher has two live keys at most,
    so that one can take the other's place.
    """
    if not is_publisher(publisher):
        raise KeyRefusedError("a publisher's name has 1 to 64 of A-Z a-z 0-9 _ . : / -, no sign first")
    if not scopes:
        raise KeyRefusedError("a key needs a scope")
    if expires_in is not None and expires_in <= timedelta(0):
        raise KeyRefusedError("a key must expire in the future")
    for what, codes in (("documents", documents), ("offices", offices)):
        if len(codes) > MOST_CODES or any(len(code) > LONGEST_CODE for code in codes):
            raise KeyRefusedError(
                f"a key's {what} are at most {MOST_CODES}, each of at most {LONGEST_CODE} characters"
            )
    if len(name) > _LONGEST_NAME:
        raise KeyRefusedError(f"a key's name has at most {_LONGEST_NAME} characters")
    now = (clock or SystemClock()).now()
    key_id, secret = uuid4(), PREFIX + secrets.token_urlsafe(32)
    expires = None if expires_in is None else now + expires_in
    scope_names = sorted(scope.value for scope in set(scopes))
    limits = (sorted(set(documents)) or None, sorted(set(offices)) or None)
    async with transaction(pool) as connection:
        await connection.execute(SQL["lock_keys"], publisher)
        if await connection.fetchval(SQL["count_live_keys"], publisher, now) >= MOST_LIVE:
            raise KeyRefusedError(f"{publisher} has {MOST_LIVE} live keys; revoke one of them first")
        await connection.execute(
            SQL["add_key"], key_id, hashed(secret), publisher, name, scope_names, now, expires, *limits
        )
    return key_id, secret


def is_publisher(name: str) -> bool:
    """Tell whether a name can be a publisher's."""
    return _PUBLISHER.fullmatch(name) is not None


async def list_keys(pool: Pool) -> list[ApiKey]:
    """Return every key, oldest first."""
    return [_key(**row) for row in await pool.fetch(SQL["list_keys"])]


async def revoke_key(pool: Pool, key_id: UUID, *, clock: Clock | None = None) -> bool:
    """End a key, within the few seconds that services remember it; False where there is none."""
    now = (clock or SystemClock()).now()
    return await pool.fetchval(SQL["revoke_key"], key_id, now) is not None


async def find_key(pool: Pool, key_hash: bytes, now: datetime) -> ApiKey | None:
    """Return the key with this hash, valid or not; a valid one is noted as used, to the minute."""
    row = await pool.fetchrow(SQL["find_key"], key_hash, now)
    return None if row is None else _key(**row)


def well_formed(secret: str) -> bool:
    """Tell whether a text can be a key at all."""
    return _KEY.fullmatch(secret) is not None


def hashed(secret: str) -> bytes:
    """Return what is stored of a key; its 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def _key(
    *,
    key_id: UUID,
    publisher: str,
    name: str,
    scopes: list[str],
    created_at: datetime,
    expires_at: datetime | None,
    revoked_at: datetime | None,
    documents: list[str] | None,
    offices: list[str] | None,
    last_used_at: datetime | None,
) -> ApiKey:
    return ApiKey(
        key_id=key_id,
        publisher=Publisher(publisher),
        name=name,
        scopes=frozenset(Scope(scope) for scope in scopes),
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
        limits=Limits(_set(documents), _set(offices)),
        last_used_at=last_used_at,
    )


def _set(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)
