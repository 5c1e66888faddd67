"""What every answer says to browsers and proxies."""

from collections.abc import Mapping

_YEAR = 365 * 24 * 3600


def security(nonce: str = "", *, secure: bool) -> Mapping[str, str]:
    """Return the headers of an answer; `nonce` lets the scripts of its page run."""
    script = f"script-src 'nonce-{nonce}'; " if nonce else ""
    found = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            f"default-src 'none'; {script}style-src 'self'; img-src 'self'; connect-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        # The browser's word that one of our own pages posts must come with it.
        "Referrer-Policy": "same-origin",
        "Vary": "Accept-Language, Cookie",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
    }
    return {**found, "Strict-Transport-Security": f"max-age={_YEAR}"} if secure else found
