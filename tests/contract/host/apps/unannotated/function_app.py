"""An app that streams, with one function that forgot its annotations."""

import azure.functions as func
from azurefunctions.extensions.http.fastapi import Request, Response

app = func.FunctionApp()


@app.route("good")
async def good(req: Request) -> Response:
    return Response("good")


@app.route("bare")
async def bare(req):  # type: ignore[no-untyped-def]
    return Response("bare")
