"""The body of a message going out: as Markdown, or as an HTML page for a reader's browser. Source: wire contract 12.1.

The HTML is safe before it comes here; the policy that goes with it sees to it that nothing could run, load or be
submitted all the same.
"""

import html

from fastapi import Response

from shared.usecases.reading import Page

_POLICY = "default-src 'none'; img-src https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
_HEADERS = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer", "Vary": "Accept"}


def text_body(text: str) -> Response:
    """The Markdown as plain text."""
    return Response(text.encode("utf-8", "replace"), media_type="text/plain; charset=utf-8", headers={"Vary": "Accept"})


def page_body(page: Page) -> Response:
    """A whole document that needs nothing else."""
    language, title = html.escape(page.language), html.escape(page.title)
    document = (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body>\n{page.body.strip()}\n</body>\n</html>\n"
    )
    return Response(document.encode("utf-8", "replace"), media_type="text/html; charset=utf-8", headers=_HEADERS)
