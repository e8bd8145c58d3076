"""Every Function of the app: the HTTP operations, and the blob, timer and Service Bus triggers."""

import azure.functions as func

from functions.blob.malware_scan import blueprint as blobs
from functions.http.api import build
from functions.http.bridge import register
from functions.servicebus.consumers import blueprint as consumers
from functions.timer.schedules import blueprint as schedules

app = func.FunctionApp()
register(app, build())
for blueprint in (blobs, schedules, consumers):
    app.register_functions(blueprint)
