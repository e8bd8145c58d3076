"""The kinds of fields that dialogs are made of, with the limits that the server of Dialogporten enforces in code.

The published contract has none of them: no lengths and no required fields.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo
from pydantic.alias_generators import to_camel

from local import numbers

TOLERANCE = timedelta(seconds=15)
MAX_URI = 1023
EMBED = "application/vnd.dialogporten.frontchannelembed-url;type=text/markdown"
DEPRECATED_EMBED = "application/vnd.dialogporten.frontchannelembed+json;type=markdown"


@dataclass(frozen=True, slots=True)
class Judging:
    """What a dialog is judged by: the stack's time, and whether the caller has the scope for longer texts."""

    now: datetime
    longer: bool = False


def _judging(info: ValidationInfo) -> Judging:
    context = info.context
    return context if isinstance(context, Judging) else Judging(datetime.now(UTC))


class Shape(BaseModel):
    """A JSON object with camelCase names and no others than these."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, strict=True, validate_by_name=True)


def _seven(value: uuid.UUID, info: ValidationInfo) -> uuid.UUID:
    if value.version != 7:
        raise ValueError("must be a UUID of version 7")
    stamp = datetime.fromtimestamp((value.int >> 80) / 1000, UTC) if value.int >> 80 < 253_402_300_800_000 else None
    if stamp is None or stamp > _judging(info).now + TOLERANCE:
        raise ValueError("must not have a timestamp in the future")
    return value


def _past(value: datetime, info: ValidationInfo) -> datetime:
    if value > _judging(info).now + TOLERANCE:
        raise ValueError("must be in the past")
    return value


def _https(value: str) -> str:
    url = urlsplit(value)
    if url.scheme.lower() != "https" or not url.netloc:
        raise ValueError("must be an absolute https URL")
    if len(value) > MAX_URI:
        raise ValueError(f"must have at most {MAX_URI} characters")
    return value


def _uri(value: str) -> str:
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S", value) or re.search(r"\s", value):
        raise ValueError("must be an absolute URI")
    if len(value) > MAX_URI:
        raise ValueError(f"must have at most {MAX_URI} characters")
    return value


def _language(value: str) -> str:
    code = re.split("[-_]", value.strip().lower())[0]
    if code == "no" or not re.fullmatch("[a-z]{2}", code):
        raise ValueError("must be a language code of two letters; Norwegian is nb or nn")
    return code


def _party(value: str) -> str:
    text = value.lower()
    if text.startswith(numbers.ORGANISATION_URN):
        valid = numbers.valid_organisation_number(text.removeprefix(numbers.ORGANISATION_URN))
    elif text.startswith(numbers.PERSON_URN):
        valid = numbers.valid_personal_number(text.removeprefix(numbers.PERSON_URN))
    else:
        valid = bool(
            re.fullmatch(r"urn:altinn:person:(idporten-email:[^@:]+@[^@:]+|legacy-selfidentified:[^:]+)", text)
        )
    if not valid:
        raise ValueError("must be the URN of an organisation or a person with a valid number")
    return text


def _resource(value: str) -> str:
    if not re.fullmatch(r"urn:altinn:resource:[A-Za-z0-9_-]{4,100}", value):
        raise ValueError("must be urn:altinn:resource: and the id of a resource")
    return value


SevenId = Annotated[uuid.UUID, AfterValidator(_seven)]
PastTime = Annotated[AwareDatetime, AfterValidator(_past)]
HttpsUrl = Annotated[str, AfterValidator(_https)]
Uri = Annotated[str, AfterValidator(_uri)]
PartyUrn = Annotated[str, AfterValidator(_party)]
ResourceUrn = Annotated[str, AfterValidator(_resource)]
Text255 = Annotated[str, Field(max_length=255)]
Key = Annotated[str, Field(min_length=3, max_length=36)]


class Localization(Shape):
    """A text in one language."""

    language_code: Annotated[str, AfterValidator(_language)]
    value: Annotated[str, Field(min_length=1)]


def _each_language_once(texts: list[Localization]) -> list[Localization]:
    if len({text.language_code for text in texts}) != len(texts):
        raise ValueError("must have each language once")
    return texts


def _limit(short: int, longer: int | None = None) -> Callable[[list[Localization], ValidationInfo], list[Localization]]:
    def check(texts: list[Localization], info: ValidationInfo) -> list[Localization]:
        most = longer if longer and _judging(info).longer else short
        if any(len(text.value) > most for text in texts):
            raise ValueError(f"must have at most {most} characters in each language")
        return texts

    return check


Texts = Annotated[list[Localization], Field(min_length=1), AfterValidator(_each_language_once)]
Labels = Annotated[Texts, AfterValidator(_limit(255))]
Description = Annotated[Texts, AfterValidator(_limit(255, 4095))]


class ContentValue(Shape):
    """A text in several languages, with the media type of all of them."""

    media_type: str
    value: Texts


def _content(media_types: set[str], short: int, longer: int | None = None) -> Callable[..., ContentValue]:
    limited = _limit(short, longer)

    def check(content: ContentValue, info: ValidationInfo) -> ContentValue:
        if content.media_type not in media_types:
            raise ValueError(f"mediaType must be one of {', '.join(sorted(media_types))}")
        limited(content.value, info)
        return content

    return check


def _reference(content: ContentValue) -> ContentValue:
    for text in content.value:
        _https(text.value)
    # The deprecated name is taken and stored under the current one.
    return content.model_copy(update={"media_type": EMBED})


_PLAIN = {"text/plain"}
ShortContent = Annotated[ContentValue, AfterValidator(_content(_PLAIN, 255, 512))]
StatusContent = Annotated[ContentValue, AfterValidator(_content(_PLAIN, 25))]
LongContent = Annotated[ContentValue, AfterValidator(_content({"text/plain", "text/markdown"}, 1023))]
Reference = Annotated[
    ContentValue, AfterValidator(_content({EMBED, DEPRECATED_EMBED}, MAX_URI)), AfterValidator(_reference)
]
