"""An app with a schedule that cannot be read."""

import azure.functions as func

app = func.FunctionApp()


@app.timer_trigger("timer", schedule="never")
def odd(timer: func.TimerRequest) -> None:
    """Never runs."""
