"""Files that are written straight to the storage, over the running stack."""

import hashlib

import httpx

from local.demo import letters
from local.demo.client import Api, Json, Services
from local.demo.letters import KARI, QUIET
from tests.e2e.seeing import number_of


def _write(link: Json, content: bytes) -> None:
    answer = httpx.request(link["method"], link["url"], headers=link["headers"], content=content, trust_env=False)
    assert answer.status_code == 201


def _written(agency: Api, content: bytes) -> tuple[str, Json, Json]:
    """An announced file, the link that it was written to, and what its upload is completed with."""
    id_ = agency.announce(letters.attachment("vedtak.pdf", resource=QUIET))
    link = agency.call("POST", f"/attachment/{id_}/upload-link").json()
    _write(link, content)
    return id_, link, {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_what_was_written_to_a_link_is_scanned_and_read(agency: Api, kari: Api, reference: str) -> None:
    """Byte for byte; and what the link writes afterwards reaches nobody."""
    content = letters.pdf(5_000_000)
    id_, link, said = _written(agency, content)
    assert agency.call("POST", f"/attachment/{id_}/upload-complete", json=said).status_code == 200
    agency.until_scanned(id_)
    message = letters.letter(KARI, reference=reference, resource=QUIET)
    (letter,) = agency.sent(letters.with_attachments(message, id_))
    agency.until_status(letter, "Published")
    assert kari.download(letter, id_).content == content
    _write(link, b"other")
    agency.until_scanned(id_, "Failed")
    assert kari.download(letter, id_).status_code == 404


def test_malware_at_a_link_is_found(agency: Api) -> None:
    """As anywhere else."""
    id_, _, said = _written(agency, letters.eicar())
    agency.call("POST", f"/attachment/{id_}/upload-complete", json=said)
    agency.until_scanned(id_, "Failed")


def test_a_wrong_digest_is_refused(agency: Api) -> None:
    """2008, and the right one is taken afterwards."""
    id_, _, said = _written(agency, letters.pdf(1000))
    path = f"/attachment/{id_}/upload-complete"
    refused = agency.call("POST", path, json={**said, "sha256": "0" * 64})
    assert (refused.status_code, number_of(refused.json())) == (400, 2008)
    assert agency.call("POST", path, json=said).status_code == 200
    agency.until_scanned(id_)


def test_what_is_never_completed_is_gone_after_a_day(agency: Api, services: Services) -> None:
    """The attachment says so."""
    id_, _, _ = _written(agency, letters.pdf(1000))
    services.advance("P1DT1M")
    later = services.organisation(letters.AGENCY)
    try:
        assert later.until_scanned(id_, "Failed")["statusText"] == "The upload was never completed"
    finally:
        later.close()
