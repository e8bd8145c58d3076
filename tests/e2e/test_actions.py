"""What recipients do besides reading, with everything it leaves: archiving, marking as unread, forwarding."""

import pytest

from local.demo import letters
from local.demo.client import Api, Services, eventually, ids_of
from tests.e2e.seeing import dialog_when, number_of


@pytest.fixture
def letter(agency: Api, kari: Api, reference: str) -> str:
    """A letter that kari has opened and may forward, with a file."""
    message = letters.with_files(letters.letter(letters.KARI, reference=reference, allowForwarding=True), "vedtak.pdf")
    (id_,) = ids_of(agency.send_form(message, [("vedtak.pdf", b"%PDF-1.7 x")]))
    agency.until_status(id_, "Published")
    kari.content(id_)
    return id_


def test_labels_are_shown_here_and_in_the_dialog(services: Services, kari: Api, letter: str) -> None:
    """And the dialog has them soon afterwards."""
    for action, label in (("archive", "Archive"), ("unarchive", "Default"), ("markasunread", "MarkedAsUnopened")):
        assert kari.call("POST", f"/correspondence/{letter}/{action}").json() == letter
        assert kari.details(letter)["systemLabel"] == label

        def labelled(label: str = label) -> bool:
            references = kari.overview(letter)["externalReferences"]
            dialogs = [one["referenceValue"] for one in references if one["referenceType"] == "DialogportenDialogId"]
            return any(label in services.dialog(one)["endUserContext"]["systemLabels"] for one in dialogs)

        eventually(f"the dialog has the label {label}", labelled, bool)


def test_a_forwarded_letter_arrives_with_its_file(
    services: Services, agency: Api, kari: Api, letter: str, reference: str
) -> None:
    """Once, and it is Forwarded when it has arrived."""
    address, at = f"ada-{reference}@friend.example", f"/correspondence/{letter}/forward"
    answer = kari.call("POST", at, json={"forwardTo": address, "forwardingText": "Se her"})
    assert (answer.status_code, answer.json() == letter) == (200, False)
    agency.until_status(letter, "Forwarded")
    (mail,) = services.mail(address)
    assert mail["operationId"] == answer.json()
    assert mail["plainText"].startswith("Se her")
    assert [file["name"] for file in mail["attachments"]] == ["vedtak.pdf"]
    assert address in str(dialog_when(services, agency, letter, "Information")["activities"])
    again = kari.call("POST", at, json={"forwardTo": address.upper()})
    assert (again.status_code, number_of(again.json())) == (400, 1064)


def test_methods_are_answered_on_the_host_too(kari: Api, letter: str) -> None:
    """405 with those that the path takes, HEAD where it leaves no trace."""
    for method, path, status, allowed in (
        ("DELETE", f"/correspondence/{letter}", 405, "GET, OPTIONS"),
        ("HEAD", f"/correspondence/{letter}/content", 405, "GET, OPTIONS"),
        ("HEAD", "/correspondence?resourceId=example-letters&role=Recipient", 200, None),
        ("PATCH", "/nothing", 404, None),
    ):
        answer = kari.call(method, path)
        assert (answer.status_code, answer.headers.get("allow")) == (status, allowed)
        assert method != "HEAD" or answer.content == b""
