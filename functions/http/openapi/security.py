"""Which tokens each policy takes, as OpenAPI says it. `functions.http.operation` decides; a test compares the two."""

from collections.abc import Mapping

from functions.http.operation import Policy
from shared.domain.policy import Scope

ALTINN, MASKINPORTEN, IDPORTEN, DIALOGPORTEN = "altinnToken", "maskinportenToken", "idportenToken", "dialogToken"

SCHEMES: Mapping[str, Mapping[str, str]] = {
    name: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description}
    for name, description in {
        ALTINN: "A token that Altinn issued, in exchange for one of Maskinporten or ID-porten",
        MASKINPORTEN: "A token of Maskinporten, not exchanged",
        IDPORTEN: "A token of ID-porten, not exchanged",
        DIALOGPORTEN: "The token of a dialog in Dialogporten, which opens the correspondence of that dialog",
    }.items()
}

Alternative = Mapping[str, list[str]]

_SENDER: tuple[Alternative, ...] = (
    {ALTINN: [Scope.WRITE]},
    {MASKINPORTEN: [Scope.SERVICE_OWNER, Scope.WRITE]},
)
_RECIPIENT: tuple[Alternative, ...] = ({ALTINN: [Scope.READ]}, {DIALOGPORTEN: ["read"]})

ALTERNATIVES: Mapping[Policy, tuple[Alternative, ...]] = {
    Policy.PUBLIC: (),
    Policy.SENDER: _SENDER,
    Policy.RECIPIENT: _RECIPIENT,
    Policy.SENDER_OR_RECIPIENT: (*_SENDER, *_RECIPIENT, {MASKINPORTEN: [Scope.READ]}),
    Policy.DOWNLOAD: ({ALTINN: [Scope.READ]}, {ALTINN: [Scope.PORTAL]}, {IDPORTEN: []}, {DIALOGPORTEN: []}),
    Policy.NOTIFICATION_CHECK: ({MASKINPORTEN: [Scope.CONDITION_CHECK]},),
    Policy.MAINTENANCE: ({MASKINPORTEN: [Scope.MAINTENANCE]},),
    Policy.SCAN_RESULTS: (),
    Policy.NOTIFICATION_REPORTS: (),
    Policy.FORWARD_CHECK: tuple({issuer: [Scope.FORWARD_CHECK]} for issuer in (ALTINN, MASKINPORTEN, IDPORTEN)),
    Policy.SUBSCRIBER: ({ALTINN: [Scope.EVENTS_SUBSCRIBE]}, {MASKINPORTEN: [Scope.EVENTS_SUBSCRIBE]}),
}
"""Any one of them is enough; the scopes of one are all needed. For a dialog's token they are what it allows."""
