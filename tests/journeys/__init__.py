"""Made-up journeys of letters through all states, judged by a model of what must never happen."""
