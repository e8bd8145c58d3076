"""The catalogue of refusals: every number of the wire contract and of ours, and how each one is provoked over HTTP.

Those that nothing can provoke have the reason why. Source: wire contract 5.9.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from functions.http.api import OPERATIONS
from functions.http.openapi import entry
from functions.http.openapi.entries import ENTRIES
from functions.http.openapi.entry import Example
from functions.http.operation import MAX_JSON_BYTES
from shared.domain.correspondence import AttachmentUse, ExternalReference, ReferenceType
from shared.domain.errors import Refusal, Rejected
from shared.domain.identifiers import AttachmentId
from shared.domain.policy import Issuer, Scope, Subject
from shared.domain.stuck import Stuck, StuckKind
from shared.domain.subscription import Ending, ended
from shared.usecases import direct_uploads
from tests.builders import NOW, OTHER_AGENCY, RESOURCE, stored
from tests.fakes.world import SENDER, World
from tests.functions import states
from tests.functions.faults import DIALOG, Fault, fields_of, put_file, put_letter, with_resource
from tests.functions.scene import carry_out
from tests.functions.states import FORWARDED_TO, RIGHTS, file_in, letter_in, subscription_in

BY_ID = {operation.id: operation for operation in OPERATIONS}
CALLERS: Mapping[str, Subject] = {
    **states.CALLERS,
    "nameless": Subject(issuer=Issuer.ALTINN, scopes=frozenset({Scope.WRITE})),
    "stranger": Subject(issuer=Issuer.ALTINN, scopes=frozenset({Scope.WRITE}), party=OTHER_AGENCY),
    "maintainer": Subject(issuer=Issuer.MASKINPORTEN, scopes=frozenset({Scope.MAINTENANCE})),
}
"""Those of the access table, one whose token names nobody, one whom the register does not know, and the operator."""

STATUS: Mapping[int, tuple[int, ...]] = {
    400: (
        *(1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1013, 1014, 1015, 1016, 1017, 1018, 1019, 1020, 1021, 1022),
        *(1023, 1024, 1025, 1026, 1027, 1028, 1031, 1033, 1035, 1036, 1037, 1038, 1039, 1040, 1041, 1042, 1043, 1044),
        *(1045, 1046, 1047, 1048, 1050, 1051, 1052, 1053, 1055, 1060, 1061, 1063, 1064, 1065, 1066, 1067, 1068, 1069),
        *(2003, 2004, 2005, 2006, 2007, 2008, 2009, 2010, 2011, 2012, 2013, 2016, 2017, 2018, 2019, 2020, 2021, 2023),
        *(3002, 3003, 3004, 3005, 3006, 3007, 3011, 3012, 3015, 3017, 3018, 3019, 3022, 3023, 3024, 3025, 3027),
        *(4002, 4003, 4009, 4010, 5001, 6003, 0),
        *(7003, 7010, 7011, 7012),
    ),
    401: (4001, 4004, 4005, 4006, 4007),
    404: (1001, 1029, 1054, 1062, 2001, 3001, 3020, 3021, 6001, 7001, 7005, 7020, 7030),
    408: (2022,),
    409: (1034, 2015, 1, 7002, 7006, 7007, 7021, 7031),
    413: (7004,),
    422: (1030,),
    451: (2014,),
    500: (1032, 2000, 3026, 3028, 6002, 2),
    502: (2002,),
}
"""Every number by the HTTP status it is told with. Those from 7000 on are ours."""

_UNSEEN_BY_JUDGES = "the form of the request is judged first: a member of it is missing, blank or too long"
_ELSEWHERE = "it belongs to routes that are not here"
_UNUSED = "nothing has told it for long"

UNREACHABLE: Mapping[Refusal, str] = {
    Refusal.CONTENT_MISSING: _UNSEEN_BY_JUDGES,
    Refusal.TITLE_EMPTY: _UNSEEN_BY_JUDGES,
    Refusal.TITLE_TOO_LONG: _UNSEEN_BY_JUDGES,
    Refusal.SUMMARY_TOO_LONG: _UNSEEN_BY_JUDGES,
}
"""In our catalogue, since callers know the number, and yet told to nobody."""

ABSENT: Mapping[int, str] = {
    **dict.fromkeys((1028, 1031, 2000, 2015, 4003, 4004, 4005, 4007, 5001), _UNUSED),
    **dict.fromkeys((1062, 6001, 6002, 6003, 0, 1, 2), _ELSEWHERE),
    1004: "a summary is not judged",
    1015: "a correspondence is never without a status",
    1047: "several recipients may share a key",
    2009: "there is one place where files are stored, and it is always there",
    2014: "no service owner is set up by hand",
    3020: "notifications are sent from here, and nobody asks us for one by its id",
    3021: "notifications are sent from here, and nobody asks us for one by its id",
    3026: "a notification that fails is no refusal: it is in the details of the letter",
}
"""Numbers of the wire contract that are not in our catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request that is refused: what is asked, by whom, in which world. `detail` is a pattern."""

    operation: str
    world: Callable[[], Awaitable[World]]
    caller: str = "sender"
    example: Example = field(default_factory=lambda: Example(summary=""))
    detail: str | None = None

    async def send(self, http: httpx.AsyncClient) -> httpx.Response:
        """The answer."""
        return await carry_out(http, BY_ID[self.operation], self.example, caller=self.caller)


async def send_message(http: httpx.AsyncClient, fault: Fault) -> httpx.Response:
    """The answer to a message with this fault: in JSON, or as a form when files come with it."""
    headers = {"Authorization": f"Bearer {fault.caller}"}
    if not fault.files:
        return await http.post(BY_ID["initialise_correspondences"].path, headers=headers, json=fault.body)
    files = [("attachments", (name, data)) for name, data in fault.files.items()]
    form = dict(fields_of(fault.body))
    return await http.post(BY_ID["upload_correspondences"].path, headers=headers, data=form, files=files)


def _letter(operation: str, state: str, caller: str = "recipient", **request: Any) -> Case:
    """Of the letter in this state of the access table."""

    async def world() -> World:
        made = await letter_in(state)
        made.decisions.only = RIGHTS[caller]
        return made

    return _case(operation, world, caller, path={"correspondenceId": entry.LETTER}, **request)


def _forward(state: str, address: str, **members: object) -> Case:
    """The letter in this state is to be forwarded."""
    return _letter("forward_correspondence", state, json={"forwardTo": address, **members})


def _file(operation: str, state: str, **request: Any) -> Case:
    """Of the file in this state of the access table."""

    async def world() -> World:
        return await file_in(state)

    return _case(operation, world, "sender", path={"attachmentId": entry.FILE}, **request)


def _case(
    operation: str, world: Callable[[], Awaitable[World]], caller: str, *, detail: str | None = None, **request: Any
) -> Case:
    return Case(operation=operation, world=world, caller=caller, example=Example(summary="", **request), detail=detail)


def _with(make: Callable[[], Awaitable[World]], change: Callable[[World], Awaitable[None]]) -> Any:
    async def world() -> World:
        made = await make()
        await change(made)
        return made

    return world


async def _empty() -> World:
    return World()


async def _transmission(world: World) -> None:
    reference = ExternalReference(ReferenceType.DIALOG_ID, DIALOG)
    await put_letter(world, "published", external_references=(reference,))


async def _heavy_letter(world: World) -> None:
    await put_file(world, stored=stored(size=2_000_000_001))
    await put_letter(world, "published", attachments=(AttachmentUse(AttachmentId(entry.FILE)),))


async def _refused_forwarding(world: World) -> None:
    await put_letter(world, "read", allow_forwarding=True)
    world.email.fail(Rejected("email", "status 400"))


async def _no_consent(world: World) -> None:
    world.webhooks.consents = None


async def _link_begun() -> World:
    world = await file_in("initialized")
    await direct_uploads.begin(world.app, SENDER, AttachmentId(entry.FILE))
    return world


async def _subscribed() -> World:
    return await subscription_in("active")


async def _ended(world: World) -> None:
    for key, one in world.subscriptions.kept.items():
        world.subscriptions.kept[key] = ended(one, Ending.ENDPOINT_GONE)


async def _unreadable(world: World) -> None:
    await world.app.stuck.put(_STUCK)


_MESSAGE = "initialise_correspondences"
_OF_LETTER = {"correspondenceId": entry.LETTER}
_WISH = ENTRIES["create_subscription"].examples[0].json
_WRITTEN = {"size": 16, "sha256": "0" * 64}
_TEMPLATE = {"resourceId": RESOURCE, "version": "1"}
_STUCK = Stuck(kind=StuckKind.DEAD_LETTER, about="unknown", since=NOW, reason="", again=None)
_SEARCH = {
    "resourceId": RESOURCE,
    "role": "Sender",
    "from": "2026-12-02T00:00:00Z",
    "to": "2026-12-01T00:00:00Z",
}

CASES: Mapping[Refusal, Case] = {
    Refusal.CORRESPONDENCE_NOT_FOUND: _letter("get_correspondence", "unknown"),
    Refusal.PURGE_AFTER_PUBLISH: _letter("purge_correspondence", "published", "sender"),
    Refusal.ALREADY_PURGED: _letter("purge_correspondence", "purged"),
    Refusal.READ_BEFORE_FETCHED: _letter("mark_correspondence_as_read", "published"),
    Refusal.CONFIRM_BEFORE_FETCHED: _letter("confirm_correspondence", "published"),
    Refusal.PURGE_BEFORE_CONFIRMED: _letter("purge_correspondence", "to-confirm"),
    Refusal.FROM_AFTER_TO: _case("search_correspondences", _empty, "sender", query=_SEARCH),
    Refusal.ALREADY_READ: _letter("mark_correspondence_as_read", "read"),
    Refusal.ALREADY_CONFIRMED: _letter("confirm_correspondence", "confirmed"),
    Refusal.TRANSMISSION_NOT_PURGEABLE: _case(
        "purge_correspondence", _with(_empty, _transmission), "recipient", path=_OF_LETTER
    ),
    Refusal.FORWARDING_NOT_ALLOWED: _forward("not-to-forward", FORWARDED_TO),
    Refusal.ALREADY_FORWARDED: _forward("forwarded", FORWARDED_TO),
    Refusal.FORWARD_BEFORE_READ: _forward("fetched", FORWARDED_TO),
    Refusal.FORWARDING_TEXT_TOO_LONG: _forward("read", FORWARDED_TO, forwardingText="x" * 201),
    Refusal.FORWARDING_TEXT_NOT_PLAIN_TEXT: _forward("read", FORWARDED_TO, forwardingText="<b>Se</b>"),
    Refusal.FORWARD_ADDRESS_TOO_LONG: _forward("read", "a" * 1001 + "@friend.example"),
    Refusal.FORWARDING_FAILED: _case(
        "forward_correspondence",
        _with(_empty, _refused_forwarding),
        "recipient",
        path=_OF_LETTER,
        json={"forwardTo": FORWARDED_TO},
    ),
    Refusal.ATTACHMENT_NOT_FOUND: _file("get_attachment", "unknown"),
    Refusal.ATTACHMENT_LINKED: _file("upload_attachment", "in-waiting-letter", content="%PDF"),
    Refusal.ALREADY_UPLOADED: _file("upload_attachment", "published", content="%PDF"),
    Refusal.ATTACHMENT_PURGED_ALREADY: _file("delete_attachment", "purged"),
    Refusal.ATTACHMENT_IN_USE: _file("delete_attachment", "in-published-letter"),
    Refusal.SENDER_CAN_NO_LONGER_DOWNLOAD: _file("download_attachment", "in-published-letter"),
    Refusal.ATTACHMENT_EXPIRED_ALREADY: _file("delete_attachment", "expired"),
    Refusal.ATTACHMENT_PURGED: _file("download_attachment", "purged"),
    Refusal.ATTACHMENT_EXPIRED: _file("download_attachment", "expired"),
    Refusal.UPLOAD_TOO_SLOW: _file(
        "upload_attachment", "initialized", content="%PDF", headers={"Content-Length": "100"}
    ),
    Refusal.ZIP_TOO_LARGE: _case(
        "download_all_correspondence_attachments", _with(_empty, _heavy_letter), "recipient", path=_OF_LETTER
    ),
    Refusal.RESOURCE_TYPE_ATTACHMENT: _case(
        "initialise_attachment",
        _with(_empty, with_resource(type="AltinnApp")),
        "sender",
        json=ENTRIES["initialise_attachment"].examples[0].json,
    ),
    Refusal.SUBSCRIPTION_NOT_FOUND: _case("get_subscription", _empty, "subscriber", path={"id": "1"}),
    Refusal.SUBSCRIPTION_ENDED: _case(
        "replay_deliveries", _with(_subscribed, _ended), "subscriber", path={"id": "1"}, json={"failed": True}
    ),
    Refusal.NO_UPLOAD_BEGUN: _file("complete_attachment_upload", "initialized", json=_WRITTEN),
    Refusal.NOT_ALL_WRITTEN: _case(
        "complete_attachment_upload", _link_begun, "sender", path={"attachmentId": entry.FILE}, json=_WRITTEN
    ),
    Refusal.DELIVERY_NOT_FOUND: _case(
        "get_delivery", _subscribed, "subscriber", path={"id": "1", "eventId": entry.EVENT}
    ),
    Refusal.ENDPOINT_NOT_VALIDATED: _case("create_subscription", _with(_empty, _no_consent), "subscriber", json=_WISH),
    Refusal.REQUEST_TOO_LARGE: _case(
        _MESSAGE, _empty, "sender", content=" " * (MAX_JSON_BYTES + 1), detail=f"[^<>]+ {MAX_JSON_BYTES} bytes [^<>]+"
    ),
    Refusal.TEMPLATE_VERSION_NOT_FOUND: _case("get_template", _empty, "sender", path=_TEMPLATE),
    Refusal.NO_TEMPLATE_ACTIVE: _case("roll_back_template", _empty, "sender", path=_TEMPLATE),
    Refusal.NOT_STUCK: _case("resubmit_stuck", _empty, "maintainer", path={"stuckId": _STUCK.id}),
    Refusal.NOT_READABLE: _case(
        "resubmit_stuck", _with(_empty, _unreadable), "maintainer", path={"stuckId": _STUCK.id}
    ),
}
"""How those are provoked that are not about a new message."""
