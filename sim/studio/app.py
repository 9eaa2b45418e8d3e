"""What the page of a studio can ask: policies, forms, checks, and answers as a stream of events; and its guard.

Other pages in the same browser can send requests to this machine. The guard refuses a request whose ``Host`` is not
this server (a name that was pointed here), whose ``Origin`` is another page, or without the token that the studio
printed when it started. The token comes once in the address and then in a cookie that scripts cannot read.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager, ExitStack, aclosing, asynccontextmanager
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from sim.base.failures import MACHINE, RefusedError, UsageError
from sim.language import ENGLISH, LANGUAGES, speaking, telling_in
from sim.report.page import STYLES
from sim.scenario.errors import ScenarioError
from sim.studio.page import page
from sim.studio.policies import ENDING, Policies, Question, RunSize, pooled_away, refusals
from sim.studio.studies import Runs, Studies, Study

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


FOLDER = Path(__file__).parent

FILES = {"studio.js": "text/javascript", "studio.css": "text/css"}
"""Files of the page, and their types."""

MOST_VALUES = 200
"""The most values that a policy of a page changes."""

REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads allow-popups; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy of a report: its scripts are in the page, and the sandbox keeps them from the cookie."""

REFUSED = 400
"""The status of a request that the page made wrongly; its body has the lines."""

FAILED = 507
"""The status of a request that this machine cannot serve: its disk or its memory is full."""


class Watching(StreamingResponse):
    """A stream whose generator ends with its connection; Python itself would end it at some later time."""

    body_iterator: AsyncGenerator[str]

    async def stream_response(self, send: Send) -> None:
        """Send what comes."""
        async with aclosing(self.body_iterator):
            await super().stream_response(send)


class Studio:
    """The handlers of a studio's requests."""

    def __init__(self, policies: Policies, folder: Path, at_once: int) -> None:
        self._policies = policies
        self._folder = folder
        self._at_once = at_once

    @asynccontextmanager
    async def open(self, app: Starlette) -> AsyncIterator[None]:
        """Start the processes and the baseline's runs; end them with the server."""
        self.studies = Studies(self._policies, Runs(self._folder, self._at_once))
        self.studies.prepare(RunSize.quick(self._policies.scenario))
        try:
            yield
        finally:
            await self.studies.close()

    async def page(self, request: Request) -> Response:
        """Return the page in the language of the request."""
        with self._speaking(request):
            text = await asyncio.to_thread(page, self._policies)
        return Response(text, media_type="text/html")

    async def file(self, request: Request) -> Response:
        """Return the script or the style of the page."""
        name = request.url.path.lstrip("/")
        content = (FOLDER / name).read_text(encoding="utf-8")
        if name.endswith(".css"):
            styles = (FOLDER.parent / "report" / one for one in STYLES)
            content = "".join(one.read_text(encoding="utf-8") for one in styles) + content
        return Response(content, media_type=FILES[name])

    async def policies(self, request: Request) -> Response:
        """Return the names of the saved policies."""
        return JSONResponse({"policies": await asyncio.to_thread(self._policies.names)})

    async def save(self, request: Request) -> Response:
        """Save a policy; return its file."""
        row = await _body(request)
        path = await asyncio.to_thread(self._policies.save, *_policy(row))
        return JSONResponse({"file": str(path), "policies": await asyncio.to_thread(self._policies.names)})

    async def policy(self, request: Request) -> Response:
        """Return a saved policy, or the text of its file."""
        name = request.path_params["name"]
        if name.endswith(ENDING):
            name = name.removesuffix(ENDING)
            await asyncio.to_thread(self._policies.opened, name)
            text = self._policies.path(name).read_text(encoding="utf-8")
            attached = {"content-disposition": f'attachment; filename="{name}{ENDING}"'}
            return Response(text, media_type="application/yaml", headers=attached)
        return JSONResponse(await asyncio.to_thread(self._policies.opened, name))

    async def check(self, request: Request) -> Response:
        """Return the mistakes of a policy by key, why its runs could not answer, and provinces to simulate apart."""
        row = await _body(request)
        policy, size = _policy(row), Question.of({**row, "policies": [row.get("name")]}).size
        with self._speaking(request):
            try:
                self._policies.path(policy[0])
            except UsageError as error:
                return _mistaken([("name", str(error))])
            try:
                refused = await asyncio.to_thread(refusals, self._policies, *policy, size)
                text = await asyncio.to_thread(self._policies.text, *policy)
            except ScenarioError as error:
                return _mistaken([(one.key, f"{one.message}; {one.allowed}") for one in error.mistakes])
            apart = pooled_away(policy[2], size)
            if not refused:
                self.studies.prepare(size)
            changed = await asyncio.to_thread(self._policies.changes, *policy)
            outside = await asyncio.to_thread(self._policies.outside, *policy)
        found = {"mistakes": [], "refused": refused, "apart": apart, "yaml": text}
        return JSONResponse({**found, "levers": changed, "outside": outside})

    async def estimate(self, request: Request) -> Response:
        """Return how long a question takes, before its runs begin; empty if the machine was not measured yet."""
        question = Question.of(await _body(request))
        with self._speaking(request):
            return JSONResponse({"time": await asyncio.to_thread(question.time, self._policies)})

    async def ask(self, request: Request) -> Response:
        """Begin to answer a question about saved policies; return where its answers come."""
        question = Question.of(await _body(request))
        name, study = await self.studies.ask(question, _language(request))
        return JSONResponse({"study": name, "command": study.state["command"]})

    async def report(self, request: Request) -> Response:
        """Return the report of a question, a page that has everything in it and may reach nothing."""
        text = await asyncio.to_thread(self._study(request).report)
        return Response(text, media_type="text/html", headers={"content-security-policy": REPORT_POLICY})

    async def stop(self, request: Request) -> Response:
        """Give up a question."""
        self._study(request).stop()
        return JSONResponse({})

    async def events(self, request: Request) -> Response:
        """Stream the states of a question, as server-sent events."""
        study = self._study(request)
        await study.speak(_language(request))
        return Watching(study.events(), media_type="text/event-stream")

    def _study(self, request: Request) -> Study:
        study = self.studies.find(request.path_params["study"])
        if study is None:
            raise UsageError("there is no such question any more; run it again")
        return study

    def _speaking(self, request: Request) -> AbstractContextManager[Any]:
        """Speak the language of a request, in the terms of the baseline."""
        stack = ExitStack()
        stack.enter_context(speaking(_language(request)))
        stack.enter_context(telling_in(self._policies.scenario.spec.terms))
        return stack

    def routes(self) -> list[Route]:
        """Return what can be asked."""
        return [
            Route("/", self.page),
            *(Route(f"/{name}", self.file) for name in FILES),
            Route("/policies", self.policies),
            Route("/policies", self.save, methods=["POST"]),
            Route("/policies/{name}", self.policy),
            Route("/check", self.check, methods=["POST"]),
            Route("/studies", self.ask, methods=["POST"]),
            Route("/studies/{study}/events", self.events),
            Route("/estimate", self.estimate, methods=["POST"]),
            Route("/studies/{study}/report", self.report),
            Route("/studies/{study}/stop", self.stop, methods=["POST"]),
        ]


def application(studio: Studio) -> Starlette:
    """Return the ASGI application of a studio; what is refused has status 400 and its lines, a full disk 507."""

    async def refused(request: Request, error: Exception) -> Response:
        lines = list(error.lines) if isinstance(error, RefusedError) else [str(error)]
        return JSONResponse({"lines": lines}, status_code=REFUSED)

    async def failed(request: Request, error: Exception) -> Response:
        what = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
        return JSONResponse({"lines": [what]}, status_code=FAILED)

    handlers = {RefusedError: refused, **dict.fromkeys(MACHINE, failed)}
    return Starlette(routes=studio.routes(), lifespan=studio.open, exception_handlers=handlers)


def _mistaken(mistakes: list[tuple[str, str]]) -> Response:
    """Return what the page gets of a policy with mistakes, each with its key."""
    rows = [{"key": key, "text": text} for key, text in mistakes]
    return JSONResponse({"mistakes": rows, "refused": [], "apart": [], "yaml": "", "levers": [], "outside": []})


def _language(request: Request) -> str:
    language = request.query_params.get("language", ENGLISH)
    return language if language in LANGUAGES else ENGLISH


async def _body(request: Request) -> dict[str, Any]:
    """Return the document of a request; raises UsageError for anything else than a map."""
    try:
        row = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the request is not JSON: {error}") from None
    if not isinstance(row, dict):
        raise UsageError("the request must be a map")
    return row


def _policy(row: dict[str, Any]) -> tuple[str, str, dict[str, str]]:
    """Return name, title and values of the policy in a request; raises UsageError for others."""
    name, title, values = row.get("name"), row.get("title", ""), row.get("values")
    if not isinstance(name, str) or not isinstance(title, str):
        raise UsageError("name and title must be texts")
    if not isinstance(values, dict) or not all(isinstance(one, str) for one in values.values()):
        raise UsageError("values must be a map of texts by dotted key")
    if len(values) > MOST_VALUES:
        raise UsageError(f"values: must be at most {MOST_VALUES}")
    return name, title, values
