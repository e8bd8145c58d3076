"""Content that is stored elsewhere, and bodies that are not plain Markdown, over the running stack."""

import httpx
import pytest

from local.demo import letters
from local.demo.client import Api, Services
from tests.e2e.seeing import dialog_when, number_of

URL = "https://files.example.com/model.zip?v=2"


def _entry(url: str = URL) -> dict[str, str]:
    return {
        "fileName": "model.zip",
        "sendersReference": "1",
        "dataLocationType": "ExistingExternalStorage",
        "dataLocationUrl": url,
    }


def _page(api: Api, id_: str) -> httpx.Response:
    return api.call("GET", f"/correspondence/{id_}/content", headers={"Accept": "text/html"})


@pytest.mark.parametrize("as_form", [False, True])
def test_a_link_needs_no_file_on_either_route(
    agency: Api, kari: Api, services: Services, reference: str, as_form: bool
) -> None:
    """The letter is published at once; its reader sees the address, is led there, and finds it in the dialog."""
    message = letters.letter(letters.KARI, reference=reference, content={"attachments": [_entry()]})
    answer = agency.send_form(message, ()) if as_form else agency.send(message)
    assert answer.status_code == 200, answer.text
    id_ = answer.json()["correspondences"][0]["correspondenceId"]
    agency.until_status(id_, "Published")
    (file,) = kari.overview(id_)["content"]["attachments"]
    assert (file["dataLocationType"], file["dataLocationUrl"]) == ("ExternalStorage", URL)
    assert (file["status"], file["scan"]["state"]) == ("Published", "NotScanned")
    led = kari.call("GET", f"/correspondence/{id_}/attachment/{file['id']}/download")
    assert (led.status_code, led.headers["location"]) == (302, URL)
    dialog = dialog_when(services, agency, id_, "Information")
    assert [one["urls"][0]["url"] for one in dialog["attachments"]] == [URL]


def test_another_host_is_refused(agency: Api, reference: str) -> None:
    """7011, and the same for a body."""
    content: dict[str, object] = {"attachments": [_entry("https://evil.example/x")]}
    answer = agency.send(letters.letter(letters.KARI, reference=reference, content=content))
    assert (answer.status_code, number_of(answer.json())) == (400, 7011)
    content = {"messageBody": None, "messageBodyUrl": "https://evil.example/x"}
    answer = agency.send(letters.letter(letters.KARI, reference=reference, content=content))
    assert (answer.status_code, number_of(answer.json())) == (400, 7011)


def test_an_html_letter_is_read_in_both_ways(agency: Api, kari: Api, reference: str) -> None:
    """As Markdown and as a page, both without what could run."""
    body = "<h1>Vedtak</h1><p onclick=alert(1)>Les <a href='javascript:alert(1)'>her</a>.</p><script>alert(1)</script>"
    content = {"messageBody": body, "messageBodyFormat": "Html"}
    (id_,) = agency.sent(letters.letter(letters.KARI, reference=reference, content=content))
    agency.until_status(id_, "Published")
    assert kari.content(id_) == "# Vedtak\n\nLes her."
    page = _page(kari, id_)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "sandbox" in page.headers["content-security-policy"]
    assert "<h1>Vedtak</h1>" in page.text
    assert "alert" not in page.text
    assert kari.overview(id_)["content"]["messageBody"] == body


def test_letters_share_a_body_that_was_uploaded_once(agency: Api, kari: Api, una: Api, reference: str) -> None:
    """Each with the name of its own recipient."""
    file = agency.announce(letters.attachment("letter.html"))
    agency.upload(file, b"<p>Hei <b>{{recipientName}}</b></p>")
    agency.until_scanned(file)
    content = {"messageBody": None, "messageBodyAttachmentId": file}
    first, second = agency.sent(letters.letter(letters.KARI, letters.UNA, reference=reference, content=content))
    for id_, reader, name in ((first, kari, "Kari"), (second, una, "Una")):
        agency.until_status(id_, "Published")
        assert reader.content(id_).startswith(f"Hei **{name}")
        assert "<p>Hei <b>" in _page(reader, id_).text


def test_a_body_elsewhere_is_a_link(agency: Api, kari: Api, reference: str) -> None:
    """In Markdown and in HTML."""
    content = {"messageBody": None, "messageBodyUrl": "https://files.example.com/letter"}
    (id_,) = agency.sent(letters.letter(letters.KARI, reference=reference, content=content))
    agency.until_status(id_, "Published")
    assert kari.content(id_) == "[Les meldingen](https://files.example.com/letter)"
    assert '<a href="https://files.example.com/letter"' in _page(kari, id_).text
