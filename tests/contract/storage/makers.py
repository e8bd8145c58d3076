"""Aggregates with ids of their own, so that tests share an emulator without meeting."""

import itertools
import uuid
from datetime import datetime
from typing import Any

from shared.domain import attachment as attachments
from shared.domain import publishing
from shared.domain.attachment import AttachmentChange
from shared.domain.correspondence import Correspondence, CorrespondenceChange
from shared.domain.identifiers import AttachmentId, CorrespondenceId, ResourceId
from shared.domain.policy import Action, Permit, own_work
from tests import builders
from tests.builders import AGENCY, NOW, RESOURCE

PERMIT: Permit = own_work(Action.WRITE, RESOURCE, "tests")
_counter = itertools.count()


def fresh(what: str = "") -> str:
    """An id that no other test has."""
    return builders.new_id(what, str(next(_counter)), uuid.uuid4().hex)


def new_correspondence(**changes: Any) -> Correspondence:
    """Not yet initialised, with an id of its own."""
    return builders.correspondence(**{"id": CorrespondenceId(fresh("c")), **changes})


def initialised(**changes: Any) -> CorrespondenceChange:
    """The change that begins one."""
    new = new_correspondence(**changes)
    return publishing.initialise(new, party=AGENCY, ready=True, reserved=False, now=NOW)


def published(state: Correspondence, *, now: datetime = NOW) -> CorrespondenceChange:
    """The change that publishes it."""
    from datetime import timedelta

    change = publishing.publish(state, reminder_delay=timedelta(days=7), now=now)
    assert change is not None
    return change


def new_attachment(**changes: Any) -> AttachmentChange:
    """The change that begins an attachment."""
    fields = {
        "id": AttachmentId(fresh("a")),
        "status": attachments.AttachmentStatus.INITIALIZED,
        "stored": None,
        "sequence": 0,
    }
    new = builders.attachment(**{**fields, **changes})
    return attachments.initialise(new, party=AGENCY, announce=True, now=NOW)


def resource() -> ResourceId:
    """A resource no other test knows."""
    return ResourceId(f"res-{uuid.uuid4().hex[:12]}")
