"""Reads single values of a configuration file, and says where and how a wrong one is to be mended."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

_DURATION: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_ENTITY_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9_])?")
_SUB_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
MAX_ENTITY_NAME: Final = 260
MAX_SUB_NAME: Final = 50


class ConfigError(ValueError):
    """The configuration file cannot be used; the text names the place and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """An object of the file, and its path from the root."""

    path: str
    value: Mapping[str, Any]

    def fault(self, key: str, problem: str) -> ConfigError:
        """Return the error for the value under `key`."""
        return ConfigError(f"{self.path}.{key}: {problem}" if key else f"{self.path}: {problem}")

    def only(self, *known: str) -> None:
        """Refuse keys that the official schema does not have. Raises ConfigError."""
        for key in self.value:
            if key not in known:
                raise self.fault(key, f"unknown key; the schema has {', '.join(known)}.")

    def child(self, key: str, *, required: bool = False) -> "Place":
        """Return the object under `key`; an absent optional one is empty. Raises ConfigError."""
        value = self.value.get(key)
        if value is None and not required:
            value = {}
        if not isinstance(value, dict):
            raise self.fault(key, "must be an object.")
        return Place(f"{self.path}.{key}", value)

    def children(self, key: str, *, least: int = 0, most: int) -> list["Place"]:
        """Return the objects of the array under `key`. Raises ConfigError."""
        value = self.value.get(key)
        if value is None and least == 0:
            value = []
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise self.fault(key, f"must be an array of {least} to {most} objects.")
        places = [Place(f"{self.path}.{key}[{index}]", item) for index, item in enumerate(value)]
        for place in places:
            if not isinstance(place.value, dict):
                raise place.fault("", "must be an object.")
        return places

    def text(self, key: str, *, required: bool = False) -> str:
        """Return the string under `key`, empty when absent. Raises ConfigError."""
        value = self.value.get(key)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or (required and not value):
            raise self.fault(key, "must be a text." if not required else "must be a text that is not empty.")
        return value

    def flag(self, key: str) -> bool:
        """Return the boolean under `key`, False when absent. Raises ConfigError."""
        value = self.value.get(key, False)
        if not isinstance(value, bool):
            raise self.fault(key, "must be true or false.")
        return value

    def number(self, key: str, default: int, *, least: int, most: int) -> int:
        """Return the whole number under `key`. Raises ConfigError."""
        value = self.value.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.fault(key, f"must be a whole number from {least} to {most}.")
        return value

    def duration(self, key: str, default: timedelta, *, least: timedelta, most: timedelta) -> timedelta:
        """Return the ISO 8601 duration under `key`, in whole seconds. Raises ConfigError."""
        if key not in self.value:
            return default
        found = _DURATION.fullmatch(str(self.value[key]))
        if found is None or not any(found.groups()):
            raise self.fault(key, "must be an ISO 8601 duration of whole seconds, such as PT1M.")
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        value = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if not least <= value <= most:
            raise self.fault(key, f"must be from {iso(least)} to {iso(most)}.")
        return value

    def entity_name(self) -> str:
        """Return the name of a queue or topic. Raises ConfigError."""
        return self._name(_ENTITY_NAME, MAX_ENTITY_NAME, "letters, digits, '.', '-', '_' and '/'")

    def sub_name(self) -> str:
        """Return the name of a subscription or rule. Raises ConfigError."""
        return self._name(_SUB_NAME, MAX_SUB_NAME, "letters, digits, '.', '-' and '_'")

    def _name(self, pattern: re.Pattern[str], longest: int, allowed: str) -> str:
        name = self.text("Name", required=True)
        if len(name) > longest or not pattern.fullmatch(name) or "//" in name:
            problem = f"use 1 to {longest} {allowed}, beginning and ending with a letter or digit."
            raise self.fault("Name", f"'{name}' is no valid name; {problem}")
        return name


def unique(places: list[Place], names: list[str]) -> None:
    """Refuse two equal names (case does not count). Raises ConfigError."""
    seen: dict[str, str] = {}
    for place, name in zip(places, names, strict=True):
        if name.lower() in seen:
            raise place.fault("Name", f"'{name}' is taken by {seen[name.lower()]}; give it another name.")
        seen[name.lower()] = place.path


def iso(value: timedelta) -> str:
    """Return a duration below a day as ISO 8601 text."""
    minutes, seconds = divmod(int(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    return "PT" + "".join(f"{amount}{unit}" for amount, unit in parts if amount)
