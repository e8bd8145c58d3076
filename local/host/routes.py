"""Route templates of ASP.NET Core, as far as Functions uses them, and the table that finds a request's function."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

ALL_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"})
# The real host selects routes by path and method together, so that a path known under other methods only is no match.
NO_METHOD_MATCHES_STATUS = 404

_NUMBER = r"-?\d+"
_REAL = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_CONSTRAINTS = {
    "int": _NUMBER,
    "long": _NUMBER,
    "guid": r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}",
    "bool": r"(?i:true|false)",
    "alpha": r"[A-Za-z]*",
    "decimal": r"-?\d+(?:\.\d+)?",
    "double": _REAL,
    "float": _REAL,
    "datetime": r"[0-9TZ:./+ -]+",
    "required": r".+",
}
_PARAMETER = re.compile(
    r"\{(?P<star>\*{0,2})(?P<name>[A-Za-z_]\w*)(?P<constraints>(?::\w+(?:\((?:[^()]|\([^()]*\))*\))?)*)"
    r"(?:=(?P<default>[^}?]*))?(?P<optional>\?)?\}"
)
_CONSTRAINT = re.compile(r":(\w+)(?:\(((?:[^()]|\([^()]*\))*)\))?")


class BadRoute(ValueError):
    """The template cannot be read, or names a constraint that does not exist."""


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template: what matches, how it ranks (lower wins), numeric bounds and defaults of its parameters."""

    pattern: re.Pattern[str]
    rank: tuple[int, ...]
    bounds: tuple[tuple[str, float, float], ...]
    defaults: tuple[tuple[str, str], ...]

    def match(self, path: str) -> dict[str, str] | None:
        """Give the parameters of a decoded path, or None when it does not match."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        values = {name: value for name, value in found.groupdict().items() if value}
        for name, low, high in self.bounds:
            if name in values and not low <= float(values[name]) <= high:
                return None
        return dict(self.defaults) | values


@dataclass(frozen=True, slots=True)
class Route[T]:
    """One template with its methods and what it leads to."""

    template: Template
    methods: frozenset[str]
    target: T


class RouteTable[T]:
    """Finds the target of a request: literals beat parameters, parameters beat catch-alls."""

    def __init__(self, routes: Iterable[Route[T]]) -> None:
        self._routes = sorted(routes, key=lambda route: route.template.rank)

    def find(self, method: str, raw_path: str) -> tuple[T, dict[str, str]] | None:
        """Give the target and the route values, or None when no route takes this path with this method."""
        path = decoded(raw_path)
        for route in self._routes:
            if method in route.methods and (values := route.template.match(path)) is not None:
                return route.target, values
        return None


def decoded(raw_path: str) -> str:
    """Decode a path once, but leave an encoded slash encoded, since it separates nothing."""
    if "%" not in raw_path:
        return raw_path
    return unquote(raw_path.replace("%2F", "%252F").replace("%2f", "%252f"))


def compile_template(template: str) -> Template:
    """Read a template such as `items/{id:guid}/{*rest}`.

    Raises:
        BadRoute: when it cannot be read.
    """
    pattern, rank, bounds, defaults = "", [], [], []
    for segment in filter(None, template.strip("/").split("/") if "{" not in template else _segments(template)):
        parameters = list(_PARAMETER.finditer(segment))
        text, optional = _segment(segment, parameters)
        pattern += f"(?:/{text})?" if optional else f"/{text}"
        rank.append(_rank(segment, parameters))
        for parameter in parameters:
            bounds += _bounds(parameter)
            if parameter["default"] is not None:
                defaults.append((parameter["name"], parameter["default"]))
    return Template(re.compile(f"(?i:{pattern})/?", re.DOTALL), tuple(rank), tuple(bounds), tuple(defaults))


def _segments(template: str) -> list[str]:
    """Split at slashes outside braces, since a regex constraint may hold one."""
    segments, depth = [""], 0
    for character in template.strip("/"):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "/" and depth == 0:
            segments.append("")
        else:
            segments[-1] += character
    return segments


def _segment(segment: str, parameters: list[re.Match[str]]) -> tuple[str, bool]:
    text, position, optional = "", 0, False
    for parameter in parameters:
        text += _literal(segment[position : parameter.start()])
        position = parameter.end()
        tests = "".join(
            f"(?={_constraint(*match.groups())}(?:/|$))" for match in _CONSTRAINT.finditer(parameter["constraints"])
        )
        whole = len(parameters) == 1 and parameter[0] == segment
        text += f"{tests if whole else ''}(?P<{parameter['name']}>{'.*' if parameter['star'] else '[^/]+'})"
        optional = optional or bool(parameter["optional"] or parameter["star"] or parameter["default"] is not None)
    return text + _literal(segment[position:]), optional


def _literal(text: str) -> str:
    if "{" in text or "}" in text:
        raise BadRoute(f"{text!r} is no route parameter")
    return re.escape(text)


def _constraint(name: str, argument: str | None) -> str:
    argument = (argument or "").replace(" ", "") if name.lower() != "regex" else (argument or "")
    match name.lower():
        case "regex":
            return f"(?:{argument.removeprefix('^').removesuffix('$')})"
        case "length":
            return f"[^/]{{{argument}}}"
        case "minlength":
            return f"[^/]{{{argument},}}"
        case "maxlength":
            return f"[^/]{{0,{argument}}}"
        case "min" | "max" | "range":
            return _NUMBER
        case known if known in _CONSTRAINTS:
            return _CONSTRAINTS[known]
        case _:
            raise BadRoute(f"there is no route constraint {name!r}")


def _bounds(parameter: re.Match[str]) -> list[tuple[str, float, float]]:
    bounds = []
    for name, argument in _CONSTRAINT.findall(parameter["constraints"]):
        match name.lower():
            case "min":
                bounds.append((parameter["name"], float(argument), float("inf")))
            case "max":
                bounds.append((parameter["name"], float("-inf"), float(argument)))
            case "range":
                low, _, high = argument.partition(",")
                bounds.append((parameter["name"], float(low), float(high)))
    return bounds


def _rank(segment: str, parameters: list[re.Match[str]]) -> int:
    """Rank as ASP.NET does: literal, constrained or mixed parameter, parameter, constrained catch-all, catch-all."""
    if not parameters:
        return 1
    constrained = bool(parameters[0]["constraints"])
    if parameters[0]["star"]:
        return 4 if constrained else 5
    return 2 if constrained or parameters[0][0] != segment else 3
