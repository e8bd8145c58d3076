"""Renew what is kept of the API's description: `make openapi`.

It carries out every example over the scene, keeps the answers in the description, and the description as the contract
that `test_openapi` compares with. The differences are to be read before they are committed.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from functions.http.api import OPERATIONS, build
from functions.http.openapi import answers
from functions.http.openapi.document import description
from functions.http.openapi.entries import ENTRIES
from functions.http.zips import ZIP
from tests.architecture.sources import ROOT
from tests.functions.scene import carry_out, scene, served

RECORDED = ROOT / "functions" / "http" / "openapi" / answers.RECORDED
CONTRACT = Path(__file__).parent / "openapi.json"


def kept(answer: httpx.Response) -> dict[str, Any]:
    """What is recorded of an answer: its status, the headers that mean something, its type and body."""
    type_ = answer.headers.get("content-type", "").partition(";")[0]
    return {
        "status": answer.status_code,
        "headers": {name: text for name, text in answer.headers.items() if name in answers.HEADERS},
        "type": type_,
        "body": _body(answer, type_),
    }


def _body(answer: httpx.Response, type_: str) -> Any:
    if type_ == ZIP:
        return f"({len(answer.content)} bytes)"
    return answer.json() if type_ == "application/json" else answer.text


async def answers_to_examples(operation_id: str) -> list[dict[str, Any]]:
    """The answers to the examples of one operation, each in a scene of its own."""
    operation = next(one for one in OPERATIONS if one.id == operation_id)
    found = []
    for example in ENTRIES[operation_id].examples:
        async with served(await scene()) as http:
            found.append(kept(await carry_out(http, operation, example)))
    return found


def written(value: Mapping[str, Any]) -> str:
    """JSON as it is kept in a file."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


async def main() -> None:
    """Write both files."""
    described = [operation.id for operation in OPERATIONS if operation.id in ENTRIES]
    RECORDED.write_text(written({id_: await answers_to_examples(id_) for id_ in described}), encoding="utf-8")
    answers.recorded.cache_clear()
    description.cache_clear()
    CONTRACT.write_text(written(build().openapi()), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
