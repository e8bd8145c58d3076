"""Requests made up from the description by Schemathesis, sent to the API, and judged by the description.

About half of them name things that are there, so that they come past the first refusal; some come without a token, or
with that of somebody else.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.http.openapi import entry, schemas
from functions.http.operation import Operation, Policy
from tests.functions.scene import scene, served

REQUESTS_PER_SCENE = 25
_OF_ALL = (not_a_server_error, status_code_conformance, response_headers_conformance)
_OF_BODIES = (content_type_conformance, response_schema_conformance)
_WITHOUT_BODY = {401, 403, 416}
"""Statuses that may come without a body, as the description says in words."""

IN_THE_SCENE: Mapping[str, tuple[Any, ...]] = {
    "correspondenceId": (entry.LETTER, entry.READ_LETTER),
    "attachmentId": (entry.FILE, entry.FREE_FILE, entry.NEW_FILE),
    "id": (1,),
    "resourceId": (entry.RESOURCE,),
    "recipients": (["01838510058"], [entry.BUSINESS], [entry.PERSON, entry.BUSINESS]),
    "resourceFilter": ("urn:altinn:resource:" + entry.RESOURCE,),
    "existingAttachments": ([entry.FREE_FILE], []),
    "language": ("nb", "nn", "en"),
    "role": ("Recipient", "RecipientAndSender"),
    "Correspondence.ResourceId": (entry.RESOURCE,),
    "Recipients[0]": (entry.PERSON,),
}
"""Values by the names of members and parameters with which a request finds something."""


@dataclass(frozen=True)
class Target:
    """An API that requests are sent to: a token for each policy, what is `there` by name, and the way there.

    `reaches` says whether a request comes to the API at all, and not only to what stands before it.
    """

    base_url: str
    tokens: Mapping[Policy, str]
    there: Mapping[str, tuple[Any, ...]]
    send: Callable[[requests.PreparedRequest], Response]
    reaches: Callable[[requests.PreparedRequest], bool] = lambda _: True


def closed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The description, in which an answer with a member that its model does not have is wrong."""
    stricter = deepcopy(dict(document))
    for name in schemas.names_of_answers() & stricter["components"]["schemas"].keys():
        stricter["components"]["schemas"][name]["additionalProperties"] = False
    return stricter


@contextmanager
def in_process() -> Iterator[Target]:
    """The API in this process, over one scene after another."""
    with asyncio.Runner() as runner:
        scenes = _Scenes()

        def send(request: requests.PreparedRequest) -> Response:
            return Response.from_httpx(runner.run(scenes.send(request)), verify=False)

        yield Target("http://test", {policy: policy.value for policy in Policy}, IN_THE_SCENE, send)
        runner.run(scenes.stack.aclose())


@dataclass
class _Scenes:
    """Sends requests to a scene that begins anew every so often."""

    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    http: httpx.AsyncClient | None = None
    sent: int = 0

    async def send(self, request: requests.PreparedRequest) -> httpx.Response:
        if self.http is None or self.sent % REQUESTS_PER_SCENE == 0:
            await self.stack.aclose()
            self.http = await self.stack.enter_async_context(served(await scene()))
        self.sent += 1
        headers = [(_bytes(name), _bytes(text)) for name, text in request.headers.items()]
        return await self.http.request(request.method or "", request.url or "", headers=headers, content=request.body)


def fuzz(document: Mapping[str, Any], operation: Operation, target: Target, times: int) -> Counter[int]:
    """Send so many made-up requests to the operation; how often each status came. Raises what is wrong."""
    described = schemathesis.openapi.from_dict(closed(document))[operation.path][operation.method]
    cases = st.one_of(*(described.as_strategy(generation_mode=mode) for mode in GenerationMode))
    tokens = st.sampled_from([operation.policy] * 18 + [Policy.PUBLIC, Policy.SUBSCRIBER])
    statuses = Counter[int]()

    @given(case=cases, policy=tokens, choice=st.none() | st.integers(0, 5))
    @settings(max_examples=times, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def one(case: Case, policy: Policy, choice: int | None) -> None:
        if choice is not None:
            for place in ("path_parameters", "query", "body"):
                setattr(case, place, grounded(getattr(case, place), target.there, choice))
        request = prepared(case, target, policy)
        assume(target.reaches(request))
        answer = target.send(request)
        statuses[answer.status_code] += 1
        judge(case, answer)

    one()
    return statuses


def prepared(case: Case, target: Target, policy: Policy) -> requests.PreparedRequest:
    """The request as its bytes, with the policy's token, or none."""
    arguments = case.as_transport_kwargs(base_url=target.base_url)
    arguments["headers"] = {k: v for k, v in arguments["headers"].items() if k.lower() != "authorization"}
    if token := target.tokens.get(policy):
        arguments["headers"]["Authorization"] = f"Bearer {token}"
    return requests.Request(**arguments).prepare()


def grounded(value: Any, there: Mapping[str, tuple[Any, ...]], choice: int) -> Any:
    """The value, in which names of things are those of things that are there."""
    if isinstance(value, dict):
        return {
            name: there[name][choice % len(there[name])] if name in there else grounded(inner, there, choice)
            for name, inner in value.items()
        }
    return [grounded(inner, there, choice) for inner in value] if isinstance(value, list) else value


def judge(case: Case, answer: Response) -> None:
    """No failure of the server, and nothing that the description does not say."""
    bare = not answer.content and answer.status_code in _WITHOUT_BODY
    case.validate_response(answer, checks=[*_OF_ALL] if bare else [*_OF_ALL, *_OF_BODIES])


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
