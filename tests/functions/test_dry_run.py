"""A dry run on the wire: `?dryRun=true` on both ways to send."""

import hashlib

import pytest

from shared.domain.correspondence import Status
from shared.domain.dry_run import DryRun, PlannedLetter, PlannedNotice
from shared.domain.notification import Medium
from shared.usecases import dry_run, initialise
from tests.builders import AGENCY, BUSINESS, NOW, content
from tests.functions.rim import Rim, letter
from tests.functions.test_correspondences import MADE

OUTCOME = DryRun(
    sender=AGENCY,
    publish_time=NOW,
    content=content(),
    letters=(
        PlannedLetter(
            recipient=BUSINESS,
            status=Status.READY_FOR_PUBLISH,
            has_email=True,
            has_mobile=False,
            content=None,
            notices=(
                PlannedNotice(
                    medium=Medium.EMAIL, address="p***@b.no", is_reminder=False, language="nb", subject="s", body="b"
                ),
                PlannedNotice(medium=Medium.SMS, address="***01", is_reminder=True, language="nb", body="sms"),
            ),
        ),
    ),
)


async def test_a_dry_run_shows_what_would_come_and_makes_nothing(rim: Rim) -> None:
    """200 with the recipients, the texts as they would see them, and every notice with a masked address."""
    rim.stub(dry_run, "dry_run", OUTCOME)
    answer = await rim.post("/correspondence?dryRun=true", letter())
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["dryRun"], shown["sender"], shown["existingCorrespondences"]) == (True, AGENCY, [])
    assert shown["content"]["messageTitle"] == "Vedtak"
    (recipient,) = shown["recipients"]
    assert recipient["contactPoints"] == {"email": True, "mobile": False}
    mail, sms = recipient["notifications"]
    assert (mail["notificationChannel"], mail["emailSubject"], mail["emailContentType"]) == ("Email", "s", "Plain")
    assert (sms["notificationChannel"], sms["smsBody"], sms["emailBody"]) == ("Sms", "sms", None)


@pytest.mark.parametrize(("query", "status"), [("?dryRun=false", 200), ("?dryRun=", 200), ("?dryRun=maybe", 400)])
async def test_only_true_is_a_dry_run(rim: Rim, query: str, status: int) -> None:
    """What is neither true nor false is refused, by its name, before anything is made."""
    rim.stub(initialise, "initialise", MADE)
    answer = await rim.post("/correspondence" + query, letter())
    assert answer.status_code == status
    assert status == 200 or "DryRun" in answer.json()["errors"]
    assert len(rim.calls) == (status == 200)


async def test_the_files_of_a_dry_run_are_digested_and_go_nowhere(rim: Rim) -> None:
    """No upload is begun; the use case gets names, sizes and digests."""
    rim.stub(dry_run, "dry_run", OUTCOME)
    fields = {
        "Correspondence.ResourceId": "example-letters",
        "Correspondence.SendersReference": "r",
        "Correspondence.Content.MessageTitle": "t",
        "Correspondence.Content.MessageBody": "b",
        "Recipients": "0192:311001000",
    }
    files = [("attachments", ("a.pdf", b"bytes"))]
    answer = await rim.send("POST", "/correspondence/upload?dryRun=true", data=fields, files=files)
    assert answer.status_code == 200, answer.text
    assert rim.app.blobs.uploads == []
    (file,) = rim.calls[0][2]
    assert (file.name, file.size) == ("a.pdf", 5)
    assert file.sha256 == hashlib.sha256(b"bytes").hexdigest()
    assert file.md5 == hashlib.md5(b"bytes", usedforsecurity=False).hexdigest()
