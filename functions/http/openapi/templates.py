"""Examples and refusals of the operations on templates of notices."""

from collections.abc import Mapping

from functions.http.openapi.entry import ACCESS, RESOURCE, Entry, Example
from shared.domain.errors import Refusal

_OF_RESOURCE = {"resourceId": RESOURCE}
_ONE = {**_OF_RESOURCE, "version": "1"}
_OF_OWNER = (Refusal.RESOURCE_UNKNOWN, *ACCESS)
_OF_VERSION = (*_OF_OWNER, Refusal.TEMPLATE_VERSION_NOT_FOUND)


def _wording(subject: str, body: str, sms: str) -> dict[str, object]:
    return {"main": {"emailSubject": subject, "emailBody": body, "smsBody": sms}, "reminder": None}


TEMPLATE: Mapping[str, object] = {
    "emailContentType": "Plain",
    "nb": _wording("Brev fra $sendersName$", "Hei, $recipientName$. $ownText$", "Brev fra $sendersName$. $ownText$"),
    "nn": _wording("Brev frå $sendersName$", "Hei, $recipientName$. $ownText$", "Brev frå $sendersName$. $ownText$"),
    "en": _wording("Letter from $sendersName$", "Hello, $recipientName$. $ownText$", "$sendersName$ wrote. $ownText$"),
}
"""A template with a keyword for the sender's own words."""

ENTRIES: Mapping[str, Entry] = {
    "create_template": Entry(
        examples=(Example(summary="Texts of our own, in three languages", path=_OF_RESOURCE, json=TEMPLATE),),
        refusals=_OF_OWNER,
        addition=True,
    ),
    "list_templates": Entry(
        examples=(Example(summary="The newest versions", path=_OF_RESOURCE),), refusals=_OF_OWNER, addition=True
    ),
    "get_template": Entry(
        examples=(Example(summary="The first version", path=_ONE),), refusals=_OF_VERSION, addition=True
    ),
    "preview_template": Entry(
        examples=(
            Example(
                summary="A new template, before it is stored",
                path=_OF_RESOURCE,
                json={"template": TEMPLATE, "language": "en", "ownTexts": {"smsBody": "It is about your tax."}},
            ),
            Example(
                summary="A stored version with other names",
                path=_OF_RESOURCE,
                json={"version": 1, "sample": {"sendersName": "Etaten"}},
            ),
        ),
        refusals=_OF_VERSION,
        addition=True,
    ),
    "activate_template": Entry(
        examples=(Example(summary="The first version is in use", path=_ONE),), refusals=_OF_VERSION, addition=True
    ),
    "roll_back_template": Entry(
        examples=(Example(summary="As it was before", path=_OF_RESOURCE),),
        refusals=(*_OF_OWNER, Refusal.NO_TEMPLATE_ACTIVE),
        addition=True,
    ),
}
"""By the operation's id."""
