"""The webhook for reports of e-mail and SMS: who may call it, what it understands, what it answers."""

from typing import Any

import pytest

from functions.http import composition
from functions.http.operation import Policy
from shared.domain.identifiers import CorrespondenceId
from shared.domain.notification import Failure
from shared.domain.notification_outcomes import DeliveryReport
from shared.domain.policy import Issuer, Scope, Subject
from shared.usecases import notifying
from tests.functions.rim import ID, Rim

PATH = "/webhooks/notificationreports"
SECRET = "s" * 32
NOTICE = "6f2f2f2f-0000-5000-8000-000000000000"
HANDSHAKE = {
    "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
    "data": {"validationCode": "the-code", "validationUrl": "https://eventgrid.example/validate"},
}


def email(status: object, **data: Any) -> dict[str, Any]:
    """A report about an e-mail."""
    return {
        "id": "1",
        "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
        "data": {
            "sender": "a@b.example",
            "recipient": "kari@person.example",
            "messageId": NOTICE,
            "status": status,
            "deliveryStatusDetails": {"statusMessage": "DestinationMailboxFull"},
            "deliveryAttemptTimeStamp": "2026-05-04T11:31:54.0481279+00:00",
            **data,
        },
    }


def sms(status: object, **data: Any) -> dict[str, Any]:
    """A report about an SMS."""
    return {
        "id": "1",
        "eventType": "Microsoft.Communication.SMSDeliveryReportReceived",
        "data": {
            "messageId": "Outgoing_20260504_1",
            "from": "Example",
            "to": "+4740000001",
            "deliveryStatus": status,
            "deliveryStatusDetails": "No error.",
            "tag": f"{ID}/{NOTICE}",
            **data,
        },
    }


@pytest.fixture(autouse=True)
def known_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret that is known, for this operation only."""
    teller = Subject(issuer=Issuer.ENTRA, scopes=frozenset({Scope.EVENT_GRID}))

    def subject(policy: Policy, secret: str) -> Subject | None:
        return teller if (policy, secret) == (Policy.NOTIFICATION_REPORTS, SECRET) else None

    monkeypatch.setattr(composition, "subject_by_secret", subject)


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize(
    ("event", "delivered", "failure"),
    [
        (email("Delivered"), True, None),
        (email("delivered"), True, None),
        (email("Delivered", messageId=NOTICE.upper()), True, None),
        (email("Bounced"), False, Failure.BOUNCED),
        (email("Failed"), False, None),
        (email("FilteredSpam"), False, Failure.FILTERED_SPAM),
        (email("Quarantined"), False, Failure.QUARANTINED),
        (email("Suppressed"), False, Failure.SUPPRESSED_RECIPIENT),
        (sms("Delivered"), True, None),
        (sms("Failed"), False, None),
    ],
)
async def test_a_report_is_recorded(
    rim: Rim, event: dict[str, Any], delivered: bool, failure: Failure | None, wrapped: bool
) -> None:
    """An e-mail is known by the id of its operation, an SMS by its tag."""
    rim.stub(notifying, "report")
    answer = await rim.post(PATH, [event] if wrapped else event, "event-grid")
    assert answer.status_code == 200
    about = CorrespondenceId(ID) if "tag" in event["data"] else None
    assert rim.calls == [
        (DeliveryReport(notification=NOTICE, delivered=delivered, failure=failure, about=about),),
    ]


@pytest.mark.parametrize(
    "event",
    [email("Expanded"), email("OutForDelivery"), sms("Sent"), sms("Delivered", tag=None), sms("Failed", tag="hello")],
)
async def test_what_is_on_its_way_or_not_ours_is_fine(rim: Rim, event: dict[str, Any]) -> None:
    """Nothing to record, and no reason to send it again."""
    rim.stub(notifying, "report")
    assert (await rim.post(PATH, [event], "event-grid")).status_code == 200
    assert not rim.calls


async def test_the_handshake_is_answered(rim: Rim) -> None:
    """With the code it came with."""
    answer = await rim.post(PATH, [HANDSHAKE], "event-grid")
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "the-code"})


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        [None],
        {"eventType": "Microsoft.Security.MalwareScanningResult", "data": {}},
        email("Vanished"),
        email(None),
        email(""),
        email("Delivered", messageId=""),
        email("Delivered", messageId=5),
        sms("Vanished"),
        sms("Delivered", tag=5),
        [email("Delivered"), {"eventType": "another"}],
    ],
)
async def test_what_is_no_report_is_refused_and_nothing_recorded(rim: Rim, body: object) -> None:
    """400 with a text that holds nothing of the body; a status that nobody knows is not guessed at."""
    rim.stub(notifying, "report")
    answer = await rim.post(PATH, body, "event-grid")
    assert answer.status_code == 400
    assert "kari" not in answer.text
    assert not rim.calls


@pytest.mark.parametrize(
    ("who", "headers", "status"),
    [
        ("", {}, 401),
        ("sender", {}, 403),
        ("other-application", {}, 403),
        ("event-grid", {}, 200),
        ("", {"X_Webhook_Secret": SECRET}, 200),
        ("", {"X_Webhook_Secret": "wrong"}, 401),
    ],
)
async def test_only_event_grid_is_heard(rim: Rim, who: str, headers: dict[str, str], status: int) -> None:
    """By its token from Entra, or by the secret of this webhook, which is not that of another."""
    rim.stub(notifying, "report")
    assert (await rim.send("POST", PATH, who, headers=headers, json=email("Delivered"))).status_code == status
    other = await rim.send("POST", "/webhooks/malwarescanresults", "", headers={"X_Webhook_Secret": SECRET}, json={})
    assert other.status_code == 401
