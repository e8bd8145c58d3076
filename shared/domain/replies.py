"""Reply options as a part of the body: what a dialog has no buttons for is read as a list of links. Pure.

Source: wire contract 5.7.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import replace

from shared.domain import dialog_texts
from shared.domain.correspondence import BodyFormat, Content, ReplyOption
from shared.domain.dialog import MAX_BUTTONS
from shared.domain.links import destination

HEADING = {"nb": "Svaralternativer", "nn": "Svaralternativ", "en": "Reply options"}
_MARKUP = re.compile(r"[\\`*_\[\]<>~&]")


def with_reply_links(content: Content, options: Sequence[ReplyOption]) -> Content:
    """The content with every https option as a line at the end of its body, in the body's own format.

    Up to three options are buttons of the dialog, and the content stays as it is. Source: wire contract 5.7.
    """
    if len(options) <= MAX_BUTTONS:
        return content
    language = content.language.lower() if content.language.lower() in HEADING else "nb"
    links = [(_words(option, language), option.url) for option in options if option.url.lower().startswith("https://")]
    heading = HEADING[language]
    match content.format:
        case BodyFormat.MARKDOWN:
            lines = "\n".join(f"- [{_MARKUP.sub(_escaped, text)}](<{destination(url)}>)" for text, url in links)
            added = f"### {heading}\n\n{lines}"
        case BodyFormat.HTML:
            items = "".join(f'<li><a href="{html.escape(url)}">{html.escape(text)}</a></li>' for text, url in links)
            added = f"<h3>{heading}</h3>\n<ul>{items}</ul>"
        case BodyFormat.PLAIN_TEXT:
            added = "\n".join([f"{heading}:", *(f"{text}: {url}" for text, url in links)])
    return replace(content, body=f"{content.body.rstrip()}\n\n{added}")


def _words(option: ReplyOption, language: str) -> str:
    """Its text on one line; what a button without text would say when there is none."""
    return " ".join((option.text or "").split()) or dialog_texts.GO_TO_SERVICE[language]


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"
