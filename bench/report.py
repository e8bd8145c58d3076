"""How results are printed: a number, its unit, what it is of, and its target when it has one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One measured number. `at_most` is its target."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    digits: int = 0

    @property
    def missed(self) -> bool:
        """True when there is a target and the value is above it."""
        return self.at_most is not None and self.value > self.at_most

    def __str__(self) -> str:
        """Say it in one line."""
        line = f"{self.value:>12.{self.digits}f} {self.unit:<9} {self.name}"
        if self.at_most is None:
            return line
        return f"{line}  (target: at most {self.at_most:g}, {'missed' if self.missed else 'met'})"


def say(title: str, *results: Result) -> list[Result]:
    """Print the results under a title and return them."""
    print(f"\n{title}")
    for result in results:
        print(result)
    return list(results)
