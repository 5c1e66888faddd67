"""A provider of OpenID Connect that says whatever a test wants it to say, signed by its key or by another."""

import asyncio
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.attacks.wire import HOST

Claims = dict[str, Any]


@dataclass
class FalseDirectory:
    """One provider; `change` alters the claims that it would tell, `sign` signs them."""

    issuer: str = ""
    kid: str = "one"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048))
    change: Callable[[Claims], Claims] = dict
    sign: str = "own"
    status: int = 200
    described: dict[str, Any] = field(default_factory=dict)
    garbage: bytes = b""
    asked: list[dict[str, str]] = field(default_factory=list)
    nonce: str = ""
    keys_asked: int = 0

    def came(self, address: str) -> str:
        """Take a browser that was sent here; return the query with which it goes back."""
        given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.nonce = given["nonce"]
        return f"code=a-code&state={given['state']}&iss={self.issuer}"

    async def describe(self, _: web.Request) -> web.Response:
        """Answer with what the provider is."""
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.described,
        }
        return web.json_response(found)

    async def keys(self, _: web.Request) -> web.Response:
        """Answer with the public key."""
        self.keys_asked += 1
        return web.json_response({"keys": [{**self.key.as_dict(private=False), "kid": self.kid}]})

    async def token(self, request: web.Request) -> web.Response:
        """Answer a code with a token."""
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        if self.garbage:
            return web.Response(body=self.garbage, content_type="application/json")
        if self.status == 0:
            await asyncio.sleep(3600)
        now = int(time.time())
        claims: Claims = {
            "iss": self.issuer,
            "aud": "docwatch",
            "sub": "7c0e",
            "iat": now,
            "exp": now + 3600,
            "nonce": self.nonce,
            "email": "olena@agency.example",
            "email_verified": True,
        }
        token = self._signed(self.change(claims))
        return web.json_response({"id_token": token, "token_type": "Bearer"}, status=self.status)

    def _signed(self, claims: Claims) -> str:
        header = {"alg": "RS256", "kid": self.kid}
        match self.sign:
            case "own":
                return jwt.encode(header, claims, self.key)
            case "another":
                return jwt.encode({**header, "kid": "forged"}, claims, RSAKey.generate_key(2048))
            case "same_name":
                return jwt.encode(header, claims, RSAKey.generate_key(2048))
            case "secret":
                begun = _parts({**header, "alg": "HS256"}, claims)
                public = self.key.as_pem(private=False)
                return f"{begun}.{_encoded(hmac.digest(public, begun.encode(), 'sha256'))}"
            case _:
                return _parts({"alg": "none"}, claims) + "."


def _parts(*parts: Claims) -> str:
    return ".".join(_encoded(json.dumps(part).encode()) for part in parts)


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@asynccontextmanager
async def false_directory() -> AsyncIterator[FalseDirectory]:
    """Serve one for the length of the block."""
    found = FalseDirectory()
    app = web.Application()
    app.add_routes(
        [
            web.get("/.well-known/openid-configuration", found.describe),
            web.get("/keys", found.keys),
            web.post("/token", found.token),
        ]
    )
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    port = runner.addresses[0][1]
    found.issuer = f"http://{HOST}:{port}"
    try:
        yield found
    finally:
        await runner.cleanup()
