"""The guard of a studio: only the page that its owner opened may ask, and nothing large.

Other pages in the same browser can send requests to this machine. The guard refuses a request whose ``Host`` is not
this server (a name that was pointed here), whose ``Origin`` is another page, or without the token that the studio
printed when it started. The token comes once in the address and then in a cookie that scripts cannot read.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response

MOST_BYTES = 64 * 1024
"""Most bytes of a request; a policy takes some hundred."""

READING = ("GET", "HEAD")
"""Methods that change nothing."""

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""Headers of every response that has no others: the page loads nothing from elsewhere, and no other page shows or reads
it."""

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Guard:
    """Passes on only what the page of this studio asks."""

    def __init__(self, application: Application, port: int, token: str) -> None:
        """Guard an ASGI application that is served on a port of 127.0.0.1."""
        self._application = application
        self._hosts = tuple(f"{name}:{port}" for name in ("127.0.0.1", "localhost"))
        self._cookie = f"tocsin-{port}"
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on with ``HEADERS`` on its response."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        has_begun = False

        async def sent(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                given = message.get("headers", [])
                has = {key for key, _ in given}
                own = [(key.encode(), value.encode()) for key, value in HEADERS.items() if key.encode() not in has]
                message["headers"] = [*given, *own]
            await send(message)

        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        answer = self._answer(scope, headers)
        if answer is not None:
            await answer(scope, receive, sent)
            return
        left = MOST_BYTES

        async def received() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, _TOO_LARGE)
            return message

        try:
            await self._application(scope, received, sent)
        except asyncio.CancelledError:  # the studio ends while a request is still being sent
            if not has_begun:
                ended = _refused(503, "the studio has ended")
                ended.headers["connection"] = "close"
                await ended(scope, receive, sent)

    def _answer(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        """Return what a request gets that is not passed on: a refusal, or the cookie; None for others."""
        host = headers.get("host", "")
        if host not in self._hosts:
            return _refused(403, "this address is not the one that tocsin studio printed")
        reading = scope["method"] in READING
        origin = headers.get("origin")
        if origin != f"http://{host}" and not (reading and origin is None):
            return _refused(403, "this request comes from another page")
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        token = asked.pop("token", [""])[0]
        if reading and scope["path"] == "/" and self._is_token(token):
            response = RedirectResponse("/", status_code=303)
            response.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
            return response
        if not self._is_token(self._cookie_of(headers)):
            return _refused(403, "open the address that tocsin studio printed when it started: it has a token")
        if not reading and headers.get("content-type", "") != "application/json":
            return _refused(415, "must be application/json")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return _refused(413, _TOO_LARGE)
        return None

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())

    def _cookie_of(self, headers: Mapping[str, str]) -> str:
        try:
            cookies: SimpleCookie = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return ""
        return cookies[self._cookie].value if self._cookie in cookies else ""


_TOO_LARGE = f"must have at most {MOST_BYTES:,} bytes"


def _refused(status: int, why: str) -> Response:
    return PlainTextResponse(f"tocsin studio: {why}\n", status_code=status)
