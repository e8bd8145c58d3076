"""All clocks on one page. Timers only find what is due and enqueue it."""

import azure.functions as func

from functions.edge import the_app, traced
from shared.usecases import agenda

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="%AGENDA_SCHEDULE%", use_monitor=False)
async def agenda_sweep(timer: func.TimerRequest) -> None:
    """Everything that fell due on the agenda is on its queue."""
    async with traced():
        await agenda.sweep(the_app())
