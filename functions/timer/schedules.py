"""All clocks on one page. Timers only find what is due and enqueue it."""

import azure.functions as func

from functions.edge import the_app, traced
from functions.servicebus.dead_letters import work_of
from shared.usecases import agenda, stuck

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="%AGENDA_SCHEDULE%", use_monitor=False)
async def agenda_sweep(timer: func.TimerRequest) -> None:
    """Everything that fell due on the agenda is on its queue."""
    async with traced():
        await agenda.sweep(the_app())


@blueprint.timer_trigger(arg_name="timer", schedule="%DEAD_LETTERS_SCHEDULE%", use_monitor=False)
async def dead_letters(timer: func.TimerRequest) -> None:
    """Dead letters are on the stuck list, and what is not stuck any more has left it."""
    async with traced():
        await stuck.collect(the_app(), work_of)
        await stuck.listed(the_app())
