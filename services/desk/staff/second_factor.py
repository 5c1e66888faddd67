"""The second factor: codes of a telephone that change every half minute (RFC 6238), the secret sealed."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pyotp import TOTP, random_base32

from runtime.keyring import KeyRing, Sealed, row_context
from services.desk.domain.signing_in import STEP_SECONDS, digits_of, steps_at

PURPOSE = "staff"
"""What the keys of the ring are for."""


@dataclass(frozen=True)
class SecondFactor:
    """Makes and checks codes; `agency` is what the telephone shows beside them."""

    ring: KeyRing
    agency: str

    def new(self, staff_id: UUID) -> Sealed:
        """Return a new secret of somebody, sealed."""
        return self.seal(staff_id, random_base32())

    def seal(self, staff_id: UUID, secret: str) -> Sealed:
        """Return a secret sealed by the current key; it opens for nobody else."""
        return self.ring.seal(secret.encode(), _context(staff_id))

    def opened(self, staff_id: UUID, sealed: Sealed) -> str:
        """Return the secret as it is typed into a telephone; raise DecryptionError under no key of ours."""
        return self.ring.open(sealed, _context(staff_id)).decode()

    def address(self, secret: str, login: str) -> str:
        """Return what the code to scan says."""
        return TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=login, issuer_name=self.agency)

    def step(self, secret: str, typed: str, now: datetime) -> int | None:
        """Return the step of time whose code was typed; None where it is none of now."""
        digits = digits_of(typed)
        if digits is None:
            return None
        codes = TOTP(secret, interval=STEP_SECONDS)
        found = [step for step in steps_at(now) if hmac.compare_digest(codes.generate_otp(step), digits)]
        return found[-1] if found else None


def _context(staff_id: UUID) -> bytes:
    return row_context("staff.factor", staff_id)
