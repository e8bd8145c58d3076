"""An app that streams: what the host's tests of streamed HTTP call."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import azure.functions as func
from azurefunctions.extensions.http.fastapi import PlainTextResponse, Request, Response, StreamingResponse

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def note(line: str) -> None:
    """Append a line to the file that the tests read."""
    with Path(os.environ["NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(line + "\n")


@app.route("hello", methods=["GET"])
async def hello(req: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


@app.route("echo/{name}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def echo(req: Request) -> Response:
    """Say what arrived."""
    body = await req.body()
    headers = [[name, value] for name, value in req.headers.items()]
    answer = {
        "method": req.method,
        "path": req.url.path,
        "raw": req.scope["raw_path"].decode(),
        "query": req.url.query,
        "name": req.path_params["name"],
        "headers": headers,
        "length": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return Response(json.dumps(answer), media_type="application/json")


@app.route("upload", methods=["PUT"])
async def upload(req: Request) -> Response:
    """Digest the body as it comes; note how it ended."""
    digest, length = hashlib.sha256(), 0
    note("upload began")
    try:
        async for chunk in req.stream():
            digest.update(chunk)
            length += len(chunk)
    except BaseException as error:
        note(f"upload broke off: {type(error).__name__}")
        raise
    note("upload complete")
    return Response(json.dumps({"length": length, "sha256": digest.hexdigest()}), media_type="application/json")


@app.route("refuse", methods=["PUT"])
async def refuse(req: Request) -> Response:
    """Answer without reading the body."""
    return Response("too large", status_code=413)


@app.route("download/{count:int}", methods=["GET", "HEAD"])
async def download(req: Request) -> StreamingResponse:
    """Send that many chunks of 64 KiB."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(int(req.path_params["count"])):
            yield b"x" * 65536

    return StreamingResponse(chunks(), media_type="application/octet-stream")


@app.route("drip", methods=["GET"])
async def drip(req: Request) -> StreamingResponse:
    """Send a line, then wait until the file `go` exists before the second."""

    async def lines() -> AsyncIterator[bytes]:
        yield b"first\n"
        try:
            while not Path(os.environ["GO"]).exists():
                await asyncio.sleep(0.02)
        except BaseException as error:
            note(f"drip broke off: {type(error).__name__}")
            raise
        yield b"second\n"

    return StreamingResponse(lines(), media_type="text/plain")


@app.route("broken", methods=["GET"])
async def broken(req: Request) -> StreamingResponse:
    """Break off in the middle of the body."""

    async def lines() -> AsyncIterator[bytes]:
        yield b"first\n"
        raise RuntimeError("in the middle")

    return StreamingResponse(lines(), media_type="text/plain")


@app.route("boom", methods=["GET"])
async def boom(req: Request) -> Response:
    raise ValueError("it went wrong")


@app.route("headers", methods=["GET"])
async def headers(req: Request) -> Response:
    """Send headers that proxies like to spoil."""
    answer = Response(b"\x1f\x8b not really gzip", status_code=203, headers={"Content-Encoding": "gzip", "ETag": '"1"'})
    answer.headers.append("Set-Cookie", "a=1; Path=/; HttpOnly")
    answer.headers.append("Set-Cookie", "b=2; Secure")
    answer.headers.append("X-Many", "one")
    answer.headers.append("X-Many", "two")
    return answer


@app.route("empty/{status:int}", methods=["GET", "HEAD"])
async def empty(req: Request) -> Response:
    return Response(status_code=int(req.path_params["status"]))


@app.route("items/{id}", methods=["GET"])
async def item(req: Request) -> PlainTextResponse:
    return PlainTextResponse("item " + req.path_params["id"])


@app.route("items/special", methods=["GET"])
async def special(req: Request) -> PlainTextResponse:
    return PlainTextResponse("special")


@app.route("items/{*rest}", methods=["GET"])
async def rest(req: Request) -> PlainTextResponse:
    return PlainTextResponse("rest " + req.path_params["rest"])


@app.function_name("guarded")
@app.route("guarded", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def guarded(req: Request) -> PlainTextResponse:
    return PlainTextResponse("open")


@app.function_name("locked")
@app.route("locked", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
async def locked(req: Request) -> PlainTextResponse:
    return PlainTextResponse("open")


@app.function_name("switched_off")
@app.route("switched-off", methods=["GET"])
async def switched_off(req: Request) -> PlainTextResponse:
    return PlainTextResponse("on")
