"""A service owner's own texts over the whole stack: stored, tried out, taken into use, taken back."""

from functions.http.openapi.templates import TEMPLATE
from local.demo import letters
from local.demo.client import Api, Services, eventually

PATH = f"/resource/{letters.QUIET}/notification-template"
GENERIC = {
    "notificationTemplate": "GenericAltinnMessage",
    "notificationChannel": "Email",
    "emailBody": "Det gjelder skatt.",
}


def _bodies(services: Services, agency: Api, reference: str) -> list[str]:
    """The e-mails about a new letter to a business that speaks Norwegian."""
    before = len(services.mail())
    agency.sent(letters.letter(letters.BUSINESS, reference=reference, resource=letters.QUIET, notification=GENERIC))
    mails = eventually("the notice", lambda: services.mail()[before:], len)
    return [mail["plainText"] for mail in mails]


def test_own_texts_are_used_from_their_activation_to_their_roll_back(
    agency: Api, services: Services, reference: str
) -> None:
    """Within a minute on every instance, at once on the one that was told; previews show what will be sent."""
    assert agency.call("POST", f"{PATH}/roll-back").status_code == 409
    made = agency.call("POST", PATH, json=TEMPLATE).json()
    assert not made["inUse"]
    preview = agency.call(
        "POST", f"{PATH}/preview", json={"version": made["version"], "ownTexts": {"emailBody": "Hei!"}}
    )
    assert preview.json()["main"]["emailBody"] == "Hei, Kari Prøve. Hei!"
    used = agency.call("POST", f"{PATH}/{made['version']}/activate").json()
    assert used == {"versionInUse": made["version"]}
    (listed,) = agency.call("GET", PATH).json()["templates"]
    assert listed == made | {"inUse": True}
    services.advance("PT2M")
    sent = _bodies(services, agency, reference)
    assert all(body.startswith("Hei, ") and body.endswith(". Det gjelder skatt.") for body in sent), sent
    assert agency.call("POST", f"{PATH}/roll-back").json() == {"versionInUse": None}
    services.advance("PT2M")
    assert all("Altinn" in body for body in _bodies(services, agency, reference + " again"))


def test_nobody_else_may_change_them(services: Services) -> None:
    """Another agency, with the same scopes."""
    other = services.organisation("310002003")
    for method, path in (("GET", PATH), ("POST", f"{PATH}/1/activate"), ("POST", f"{PATH}/roll-back")):
        assert other.call(method, path).status_code == 401
    other.close()
