"""An app in the classic HTTP mode."""

import json
import os

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route("echo/{id:guid}", methods=["POST"])
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    answer = {
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "route": dict(req.route_params),
        "header": req.headers.get("X-Many"),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(answer), status_code=201, mimetype="application/json")


@app.route("settings")
def settings(req: func.HttpRequest) -> str:
    return json.dumps({name: os.environ.get(name) for name in ("FROM_FILE", "FROM_BOTH")})


@app.route("cookies")
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    answer = func.HttpResponse("ok")
    answer.headers.add("Set-Cookie", "a=1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax")
    answer.headers.add("Set-Cookie", "b=2; Secure")
    return answer


@app.route("boom")
def boom(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError("it went wrong")
