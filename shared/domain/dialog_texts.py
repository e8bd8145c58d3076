"""The words that Dialogporten shows for us, in nb, nn and en. Pure."""

from collections.abc import Mapping

from shared.domain.checks_files import characters, extension

LANGUAGES = ("nb", "nn", "en")
MAX_TEXT = 255
"""Of a title, a display name and an activity's description, per language. Source: Dialogporten's limits."""

CONFIRM = {"nb": "Bekreft", "nn": "Stadfest", "en": "Confirm"}
DELETE = {"nb": "Slett", "nn": "Slett", "en": "Delete"}
GO_TO_SERVICE = {"nb": "Gå til tjenesten", "nn": "Gå til tenesta", "en": "Go to the service"}
DOWNLOADED = {
    "nb": "Vedlegget {file} ble lastet ned",
    "nn": "Vedlegget {file} vart lasta ned",
    "en": "The attachment {file} was downloaded",
}
FORWARDED = {
    "nb": "{who} videresendte «{title}» til {address}",
    "nn": "{who} vidaresende «{title}» til {address}",
    "en": "{who} forwarded “{title}” to {address}",
}
FORWARDER = {"nb": "Mottakeren", "nn": "Mottakaren", "en": "The recipient"}
NOTIFIED = {
    ("Email", False): {
        "nb": "Varsel om meldingen ble sendt på e-post",
        "nn": "Varsel om meldinga vart sendt på e-post",
        "en": "A notification of the message was sent by e-mail",
    },
    ("Sms", False): {
        "nb": "Varsel om meldingen ble sendt på SMS",
        "nn": "Varsel om meldinga vart sendt på SMS",
        "en": "A notification of the message was sent by SMS",
    },
    ("Email", True): {
        "nb": "Påminnelse om meldingen ble sendt på e-post",
        "nn": "Påminning om meldinga vart sendt på e-post",
        "en": "A reminder of the message was sent by e-mail",
    },
    ("Sms", True): {
        "nb": "Påminnelse om meldingen ble sendt på SMS",
        "nn": "Påminning om meldinga vart sendt på SMS",
        "en": "A reminder of the message was sent by SMS",
    },
}
NOT_NOTIFIED = {
    "Email": {
        "nb": "Varsel på e-post kunne ikke leveres",
        "nn": "Varsel på e-post kunne ikkje leverast",
        "en": "A notification by e-mail could not be delivered",
    },
    "Sms": {
        "nb": "Varsel på SMS kunne ikke leveres",
        "nn": "Varsel på SMS kunne ikkje leverast",
        "en": "A notification by SMS could not be delivered",
    },
}


def cut(text: str, length: int = MAX_TEXT) -> str:
    """The text, with an ellipsis in place of its end when it is longer than `length` UTF-16 units."""
    if characters(text) <= length:
        return text
    kept = text[: length - 1]
    while characters(kept) > length - 1:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def cut_file_name(name: str, length: int = MAX_TEXT) -> str:
    """The name in at most `length` UTF-16 units, its extension kept."""
    suffix = extension(name)
    if characters(name) <= length or not suffix or characters(suffix) >= length:
        return cut(name, length)
    return cut(name[: -len(suffix)], length - characters(suffix)) + name[-len(suffix) :]


def in_all_languages(texts: Mapping[str, str]) -> list[dict[str, object]]:
    """The localisations of one text, in Dialogporten's shape and within its limit."""
    return [{"languageCode": language, "value": cut(texts[language])} for language in LANGUAGES]


def naming_forwarding(*, who: str, title: str, address: str, quote: str) -> dict[str, str]:
    """Who forwarded what to which address, and with which words: names are shortened, the end of the quote is cut."""
    after = f": «{quote}»" if quote else ""
    short = {"title": cut(title, 60), "address": cut(address, 80)}
    return {
        language: FORWARDED[language].format(who=cut(who, 60) or FORWARDER[language], **short) + after
        for language in LANGUAGES
    }


def naming_file(texts: Mapping[str, str], file_name: str) -> dict[str, str]:
    """The texts with the file's name in them, the name shortened so that each text fits."""
    room = MAX_TEXT - max(characters(text.replace("{file}", "")) for text in texts.values())
    short = cut_file_name(file_name, room)
    return {language: text.replace("{file}", short) for language, text in texts.items()}
