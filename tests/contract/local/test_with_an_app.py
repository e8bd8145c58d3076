"""The stack with an app in it: its settings, its blob events and its health."""

import time
from pathlib import Path

import httpx
from azure.storage.blob import BlobServiceClient

from local.settings import storage_connection
from local.stack import Stack

APP = """
import os
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route(route="health", methods=["GET"])
def health(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(os.environ["REMINDER_DELAY"] + os.environ["SMS_SENDER"])

@app.blob_trigger(arg_name="blob", path="attachments/{name}", connection="STORAGE_CONNECTION",
                  source=func.BlobSource.EVENT_GRID)
@app.blob_output(arg_name="seen", path="seen/{name}", connection="STORAGE_CONNECTION")
def scan_attachment(blob: func.InputStream, seen: func.Out[bytes]) -> None:
    seen.set(blob.read().upper())
"""
HOST = '{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}'


def test_an_app_runs_in_the_stack(tmp_path: Path) -> None:
    """The app is healthy, has the stack's settings but for those replaced, and hears of new blobs."""
    app = tmp_path / "app"
    app.mkdir()
    (app / "function_app.py").write_text(APP)
    (app / "host.json").write_text(HOST)
    with Stack(app=app, settings={"REMINDER_DELAY": "PT1H"}) as stack:
        assert httpx.get(f"{stack.functions_url}/health").text == "PT1HCorrespond"
        assert set(stack.processes()) == {"azurite", "broker", "services", "functions", "eventgrid"}
        storage = BlobServiceClient.from_connection_string(storage_connection(stack.addresses))
        storage.create_container("attachments").upload_blob("letter", b"abc")
        seen = storage.get_container_client("seen").get_blob_client("letter")
        deadline = time.monotonic() + 30
        while not seen.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert seen.download_blob().readall() == b"ABC", stack.log.read_text()
        assert stack.stop() == 0
