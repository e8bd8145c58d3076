"""A small API behind the bridge: what the tests of the bridge call on a real host."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated
from uuid import UUID

import azure.functions as func
from fastapi import FastAPI, Request, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse, StreamingResponse

from functions.http.bridge import register
from functions.http.edge import answer_errors_of, guard
from functions.http.operation import Operation, Policy

PIECE = b"x" * 65536
api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
answer_errors_of(api)


def note(line: str) -> None:
    """Write what happened where the test can see it."""
    with Path(os.environ["NOTES"]).open("a") as notes:
        notes.write(line + "\n")


async def upload(item: Annotated[UUID, InPath(alias="itemId")], request: Request) -> Response:
    """Digest the body; note when it breaks off."""
    digest, length = hashlib.sha256(), 0
    try:
        async for chunk in request.stream():
            digest.update(chunk)
            length += len(chunk)
            if length == len(chunk):
                note("upload began")
    except BaseException as error:
        note(f"upload ended: {type(error).__name__}")
        raise
    return JSONResponse({"item": str(item), "length": length, "sha256": digest.hexdigest()})


async def endless() -> Response:
    """Send pieces until nobody takes them; note how many were made."""

    async def pieces() -> AsyncIterator[bytes]:
        made = 0
        try:
            while True:
                made += 1
                note(f"made {made}")
                yield PIECE
        finally:
            note("endless ended")

    return StreamingResponse(pieces(), media_type="application/octet-stream")


async def stepwise() -> Response:
    """Send a line, and the next one only when the test says so."""

    async def lines() -> AsyncIterator[bytes]:
        yield b"first\n"
        while not Path(os.environ["GO"]).exists():
            await asyncio.sleep(0.02)
        yield b"second\n"

    return StreamingResponse(lines(), media_type="text/plain")


async def fails() -> Response:
    """Fail before the answer."""
    raise ValueError("secret")


async def breaks_off() -> Response:
    """Fail in the middle of the answer."""

    async def pieces() -> AsyncIterator[bytes]:
        yield PIECE
        raise ValueError("secret")

    return StreamingResponse(pieces(), headers={"Content-Length": "1000000"})


async def any_path(path: str = "") -> Response:
    """Say what was caught."""
    return JSONResponse({"path": path})


for endpoint, method, path in (
    (upload, "POST", "/items/{itemId}/upload"),
    (endless, "GET", "/endless"),
    (stepwise, "GET", "/stepwise"),
    (fails, "GET", "/fails"),
    (breaks_off, "GET", "/breaksoff"),
    (any_path, "OPTIONS", "/{path:path}"),
):
    operation = Operation(
        endpoint=endpoint, method=method, path=path, policy=Policy.PUBLIC, tag="t", produces=None, max_bytes=None
    )
    api.add_api_route(path, endpoint, methods=[method], name=operation.id, response_model=None)
    api.router.routes[-1].app = guard(operation, api.router.routes[-1].app)  # type: ignore[attr-defined]

app = func.FunctionApp()
register(app, api)
