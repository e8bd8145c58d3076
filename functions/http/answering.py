"""Answers that are not problems: JSON bodies, ids, text."""

import json
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Response

from functions.http.composition import Call, call_of
from shared.schemas.base import Answer

JSON_TYPE = "application/json; charset=utf-8"

Context = Annotated[Call, Depends(call_of)]
CorrespondenceIdPath = Annotated[UUID, Path(alias="correspondenceId")]
AttachmentIdPath = Annotated[UUID, Path(alias="attachmentId")]


def body(answer: Answer, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The model as JSON: nulls written, enums by name, times with the offset +00:00."""
    return Response(answer.model_dump_json().encode(), status, dict(headers or {}), JSON_TYPE)


def id_body(id_: str) -> Response:
    """A single id as a JSON string."""
    return Response(json.dumps(id_), media_type=JSON_TYPE)
