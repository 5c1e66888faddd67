"""The agency's own directory: who somebody is, by OpenID Connect (code flow with PKCE, RFC 9207).

Nothing is kept of a visit: state, nonce and verifier follow from a cookie that the browser brings back.
Exceptions: DirectoryError (it is away or answers nonsense), StrangerError (it does not vouch for anybody).
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
import orjson
from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]  # the library has no annotations
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]  # the same
    prepare_grant_uri,
    prepare_token_request,
)
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # the same
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # the same
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from yarl import URL

from runtime.clock import Clock
from runtime.crypto import keyed_hash
from runtime.process.hosts import is_local
from services.desk.domain.signing_in import login_of

LONGEST_ANSWER = 256 * 1024
SECONDS = aiohttp.ClientTimeout(total=8, connect=3)
KNOWN_SECONDS, KEYS_SECONDS = 3600.0, 60.0
"""For how long its description is believed; how often its keys are asked for anew at most."""
LEEWAY_SECONDS = 60
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "PS384", "PS512", "ES384", "ES512")
"""Signatures by a key that only the directory has."""
_LONGEST_GIVEN = 2048


class DirectoryError(Exception):
    """The directory does not answer, or not as it must."""


class StrangerError(Exception):
    """The directory does not vouch for whoever came back from it."""


@dataclass(frozen=True, slots=True)
class DirectoryConfig:
    """How the directory knows us.

    Attributes:
        issuer: its name, below which its description is.
        client_id: our name there.
        client_secret: what proves that it is us; empty for a public client.
        claim: the claim that names the login of an account at its first sign-in.
        acr: how people must have proven there who they are; None for however it likes.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str = "email"
    acr: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a browser to the directory; everything follows from its cookie."""

    cookie: str = field(repr=False)

    @property
    def state(self) -> str:
        """What it brings back, so that nobody else's visit is taken for ours."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What stands in the token, so that it is of this visit."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What only we can show for the code (RFC 7636)."""
        return self._derived("verifier")

    def _derived(self, purpose: str) -> str:
        return keyed_hash(self.cookie.encode(), "docwatch/directory", purpose).hex()


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the directory vouches for; `login` as an account would have it, None where it says none."""

    issuer: str
    subject: str
    login: str | None


@dataclass
class Directory:
    """One directory, asked over `http`; `back` is the address to which it sends browsers back."""

    config: DirectoryConfig
    back: str
    http: aiohttp.ClientSession
    clock: Clock
    _known: Mapping[str, Any] = field(default_factory=dict)
    _known_at: float = 0.0
    _keys: KeySet | None = None
    _keys_at: float = 0.0

    async def address(self, visit: Visit, language: str) -> str:
        """Return where to send a browser; raise DirectoryError."""
        described = await self._described()
        found: str = prepare_grant_uri(
            described["authorization_endpoint"],
            self.config.client_id,
            "code",
            redirect_uri=self.back,
            scope="openid email profile",
            state=visit.state,
            nonce=visit.nonce,
            code_challenge=create_s256_code_challenge(visit.verifier),
            code_challenge_method="S256",
            ui_locales=language,
            acr_values=self.config.acr,
        )
        return found

    async def who(self, visit: Visit, given: Mapping[str, str]) -> Identity:
        """Return who came back, by the query that they came with; raise DirectoryError or StrangerError."""
        if not hmac.compare_digest(given.get("state", "").encode(), visit.state.encode()):
            raise StrangerError("of another visit")
        if "iss" in given and given["iss"] != self.config.issuer:
            raise StrangerError("of another directory")
        code = given.get("code", "")
        if not code or len(code) > _LONGEST_GIVEN:
            raise StrangerError("without a code")
        return self._identity(await self._claims(await self._token(code, visit), visit))

    async def _token(self, code: str, visit: Visit) -> str:
        described = await self._described()
        body = prepare_token_request(
            "authorization_code", "", self.back, code=code, code_verifier=visit.verifier
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        method = self._method(described)
        address, headers, body = ClientAuth(self.config.client_id, self.config.client_secret, method).prepare(
            "POST", described["token_endpoint"], headers, body
        )
        status, answer = await self._asked("POST", address, headers=headers, data=body)
        if 400 <= status < 500:  # noqa: PLR2004 - what HTTP calls the fault of whoever asks
            raise StrangerError("the code is not taken")
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):  # noqa: PLR2004 - the only good one
            raise DirectoryError(f"no token, status {status}")
        return token

    def _method(self, described: Mapping[str, Any]) -> str:
        if not self.config.client_secret:
            return "none"
        offered = described.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"

    async def _claims(self, token: str, visit: Visit) -> Mapping[str, Any]:
        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        try:
            try:
                read = jwt.decode(token, await self._key_set(), registry=registry)
            except InvalidKeyIdError:
                read = jwt.decode(token, await self._key_set(anew=True), registry=registry)
            options = {
                "iss": {"essential": True, "value": self.config.issuer},
                "aud": {"essential": True, "value": self.config.client_id},
            }
            params = {"nonce": visit.nonce, "client_id": self.config.client_id}
            claims = CodeIDToken(read.claims, read.header, options, params)
            claims.validate(now=int(self.clock.now().timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            raise StrangerError(type(error).__name__) from None
        if self.config.acr is not None and claims.get("acr") != self.config.acr:
            raise StrangerError("not signed in there as we ask for")
        return cast("Mapping[str, Any]", claims)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject, name = claims.get("sub"), claims.get(self.config.claim)
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:  # noqa: PLR2004 - as the standard has it
            raise StrangerError("without a subject")
        # An address that nobody looked at may be anybody's.
        vouched = self.config.claim != "email" or claims.get("email_verified") is True
        return Identity(
            self.config.issuer, subject, login_of(name) if isinstance(name, str) and vouched else None
        )

    async def _described(self) -> Mapping[str, Any]:
        """Return how the directory describes itself."""
        if self._known and self._ago(self._known_at) < KNOWN_SECONDS:
            return self._known
        address = self.config.issuer.rstrip("/") + "/.well-known/openid-configuration"
        status, found = await self._asked("GET", address)
        if status != 200:  # noqa: PLR2004 - the only good one
            raise DirectoryError(f"no description, status {status}")
        if found.get("issuer") != self.config.issuer:
            raise DirectoryError("it is another issuer than we were told")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(found.get(name), str) or not _safe(found[name]):
                raise DirectoryError(f"its {name} is no address by https")
        self._known, self._known_at = found, self.clock.monotonic()
        return found

    async def _key_set(self, *, anew: bool = False) -> KeySet:
        old = self._ago(self._keys_at) >= (KEYS_SECONDS if anew else KNOWN_SECONDS)
        if self._keys is not None and not old:
            return self._keys
        described = await self._described()
        status, found = await self._asked("GET", described["jwks_uri"])
        try:
            self._keys = KeySet.import_key_set(cast("Any", found))
        except (JoseError, ValueError, TypeError, KeyError):
            raise DirectoryError(f"no keys, status {status}") from None
        self._keys_at = self.clock.monotonic()
        return self._keys

    async def _asked(self, method: str, address: str, **given: Any) -> tuple[int, Mapping[str, Any]]:  # noqa: ANN401 - as the client has it
        try:
            async with self.http.request(
                method, URL(address, encoded=True), allow_redirects=False, timeout=SECONDS, **given
            ) as response:
                body = bytearray()
                async for piece in response.content.iter_chunked(16 * 1024):
                    body += piece
                    if len(body) > LONGEST_ANSWER:
                        raise DirectoryError("it answers without end")
                found = orjson.loads(bytes(body)) if body else {}
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DirectoryError(type(error).__name__) from None
        except orjson.JSONDecodeError:
            raise DirectoryError("it answers no JSON") from None
        if not isinstance(found, dict):
            raise DirectoryError("it answers no object")
        return response.status, found

    def _ago(self, then: float) -> float:
        return self.clock.monotonic() - then


def _safe(address: str) -> bool:
    url = URL(address)
    return url.scheme == "https" or (url.scheme == "http" and is_local(url.host or ""))
