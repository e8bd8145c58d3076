"""Answers that are kept for a while, so that the same question is not asked again and again."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

MOST_KEPT = 10_000
"""Answers of one kind that are kept; beyond, all are forgotten and asked again."""


class Kept[K, V]:
    """Answers for an `age`, by the clock that rules go by. None is no answer, and is asked for again."""

    def __init__(self, age: timedelta, clock: Callable[[], datetime]) -> None:
        self._age = age
        self._clock = clock
        self._answers: dict[K, tuple[datetime, V]] = {}

    async def get(self, key: K, ask: Callable[[], Awaitable[V | None]]) -> V | None:
        """The answer that is kept, or a new one."""
        now = self._clock()
        if (kept := self._answers.get(key)) is not None and now - kept[0] < self._age:
            return kept[1]
        answer = await ask()
        if answer is not None:
            if len(self._answers) >= MOST_KEPT:
                self._answers.clear()
            self._answers[key] = (now, answer)
        return answer

    def forget(self, key: K) -> None:
        """It is asked for the next time."""
        self._answers.pop(key, None)
