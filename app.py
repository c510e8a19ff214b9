"""The server: `streamlit run app.py` finds `app`.

The pages live under `pages/`, and the main script must not stand beside a folder of that name:
Streamlit would take it for its old kind of multipage app, and the first visitor who comes by a
link would meet a page without its frame. So the main script is `pages/frame.py`.

Large files come by a route of our own, past Streamlit, which would keep them in memory:

    PUT    /upload/<token>?file=<number>&at=<offset>&size=<bytes>   a slice; the answer says where to go on
    DELETE /upload/<token>?file=<number>                            cancels a file

None of Streamlit's own checks guards a route of ours: the token is the only key to it. The desk that
takes the files in is imported with the first request, so that the server listens before the analyses
are loaded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from analysis.intake.incoming import Incoming, RefusedError

PIECE = 1 << 20
"""Bytes that are written and hashed at once, in a thread: in the loop of the server all others would wait."""

# Vega compiles its expressions, which is why scripts may be evaluated; nothing comes from elsewhere.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws: wss:; frame-ancestors 'self'; form-action 'self'; base-uri 'self'; object-src 'none'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
]


class SecurityHeaders:
    """Adds the security headers to every answer over HTTP."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        await self.app(scope, receive, sealed if scope["type"] == "http" else send)


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """The body of a request in pieces worth a thread."""
    held = bytearray()
    async for some in request.stream():
        held += some
        if len(held) >= PIECE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


async def put(request: Request, desk: Incoming) -> Response:
    """Takes a slice of a file in."""
    asked = request.query_params
    which, at, size = (int(asked.get(name, "0")) for name in ("file", "at", "size"))
    name = unquote(request.headers.get("x-name", ""))
    part = await run_in_threadpool(desk.begin, request.path_params["token"], which, at=at, size=size, name=name)
    try:
        async for piece in pieces(request):
            await run_in_threadpool(desk.append, part, piece)
    finally:
        told = await run_in_threadpool(desk.end, part)
    return JSONResponse(told)


async def delete(request: Request, desk: Incoming) -> Response:
    """Cancels a file."""
    which = int(request.query_params.get("file", "0"))
    await run_in_threadpool(desk.cancel, request.path_params["token"], which)
    return Response(status_code=204)


def opened() -> tuple[Incoming, type[RefusedError]]:
    """The desk of this process, and what it raises."""
    from analysis.intake.incoming import RefusedError
    from pages.notebook.dropzone import desk

    return desk(), RefusedError


async def upload(request: Request) -> Response:
    """A request to the desk; what is refused is said in JSON, for our own drop zone."""
    desk, refused = await run_in_threadpool(opened)
    try:
        return await (put if request.method == "PUT" else delete)(request, desk)
    except ValueError:
        return JSONResponse({"code": "malformed"}, 400)
    except refused as refusal:
        return JSONResponse({"code": refusal.code, **refusal.facts}, refusal.status)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody hears it; what has arrived counts


BASE = str(st.get_option("server.baseUrlPath") or "").strip("/")
UPLOAD = "/".join(["", *filter(None, [BASE]), "upload", "{token}"])
app = st.App(
    Path(__file__).parent / "pages" / "frame.py",
    routes=[Route(UPLOAD, upload, methods=["PUT", "DELETE"])],
    middleware=[Middleware(SecurityHeaders)],
)
