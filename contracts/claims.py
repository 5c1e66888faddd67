"""The one agreement that ingest and the tracker share about claims: how their secrets are hashed."""

import hmac
from typing import Literal


def claim_hash(receipt_key: bytes, kind: Literal["token", "code"], secret: str) -> str:
    """Return 64 hex digits that stand for a claim's token or typed code wherever it is stored."""
    return hmac.digest(receipt_key, f"docwatch/claim/{kind}\x1f{secret}".encode(), "sha256").hex()
