"""Pages for people: where everything is, and what was sent. All text in them comes from others and is escaped."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from aiohttp import web

from local import seeds
from local.clock import as_text
from local.services import dialog_store, email, hooks, sms
from local.services.context import Context, context

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1e2b3c; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 2rem; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #d2d5d8; vertical-align: top; }
h1, h2 { line-height: 1.2; } nav a { margin-right: 1rem; }
pre { white-space: pre-wrap; background: #f4f5f6; padding: 1rem; }
iframe { width: 100%; min-height: 30rem; border: 1px solid #d2d5d8; }
"""
# The style above is the only thing that a page may load; a mail's own HTML is shown in a frame without rights.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'"
_NAVIGATION = (("/", "Start"), ("/pages/mail", "Mail"), ("/pages/sms", "SMS"), ("/pages/dialogs", "Dialogs"))
_OPENAPI = "/correspondence/api/v1/openapi.json"
_LATEST = 20


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def _html(value: object) -> str:
    return value if isinstance(value, Markup) else escape("" if value is None else str(value))


def link(url: str, text: str) -> Markup:
    """Return a link."""
    return Markup(f'<a href="{escape(url)}">{escape(text)}</a>')


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """Return a table, or a line that says there is nothing."""
    body = "".join(f"<tr>{''.join(f'<td>{_html(cell)}</td>' for cell in row)}</tr>" for row in rows)
    if not body:
        return Markup("<p>Nothing yet.</p>")
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    return Markup(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def page(title: str, *parts: Markup, forms_to: str = "'none'") -> web.Response:
    """Return a whole page, whose forms may lead to these sources only."""
    navigation = "".join(link(url, text) for url, text in _NAVIGATION)
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><nav>{navigation}</nav><main><h1>{escape(title)}</h1>"
        f"{''.join(parts)}</main></body></html>"
    )
    headers = {
        "Content-Security-Policy": f"{_POLICY}; form-action {forms_to}",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return web.Response(text=text, content_type="text/html", headers=headers)


def _heading(text: str) -> Markup:
    return Markup(f"<h2>{escape(text)}</h2>")


def _mails(mails: Iterable[dict[str, Any]]) -> Markup:
    rows = (
        (mail["at"], ", ".join(mail["to"]), link(f"/pages/mail/{mail['id']}", mail["subject"]), mail["status"])
        for mail in mails
    )
    return table(("At", "To", "Subject", "Status"), rows)


def _messages(messages: Iterable[dict[str, Any]]) -> Markup:
    rows = ((item["at"], item["to"], item["message"], item["status"]) for item in messages)
    return table(("At", "To", "Message", "Status"), rows)


def _title(dialog: dict[str, Any]) -> str:
    title = (dialog["content"] or {}).get("title")
    return str(title["value"][0]["value"] if title else dialog["id"])


def _dialogs(found: Iterable[dict[str, Any]]) -> Markup:
    rows = (
        (
            dialog["createdAt"],
            link(f"/dialogs/{dialog['id']}", _title(dialog)),
            dialog["party"],
            "deleted" if dialog["deletedAt"] else dialog["status"],
            len(dialog["activities"]),
        )
        for dialog in found
    )
    return table(("At", "Dialog", "Party", "Status", "Activities"), rows)


def _places(here: Context) -> Markup:
    functions = here.addresses.functions_url
    rows = (
        (link(f"{functions}/health", "Health of the app"), "ready when it answers 200"),
        (link(f"{functions}{_OPENAPI}", "OpenAPI of the app"), "every operation, for clients and code generators"),
        (link("/mail", "/mail"), "sent mail as JSON; ?to= filters"),
        (link("/sms", "/sms"), "sent SMS as JSON; ?to= filters"),
        (link("/dialogs", "/dialogs"), "dialogs as JSON; ?party= filters"),
        (link("/clock", "/clock"), 'the time here; POST {"advance": "P7DT1H"} moves it forward'),
        (link("/seeds", "/seeds"), "people, organisations and resources to try things with"),
        (link("/faults", "/faults"), 'POST {"part": "email", "status": 429, "times": 3} lets the next calls fail'),
        (link("/.well-known/jwks.json", "/.well-known/jwks.json"), "keys of the token issuers"),
        ("/token/enterprise?orgNo=…&scopes=…", "a token for an organisation"),
        ("/token/personal?pid=…&scopes=…", "a token for a person"),
        ("/hook/{name}", "catches webhooks; GET /hooks/{name} shows them, POST plans failures"),
    )
    return table(("Where", "What"), rows)


async def start(request: web.Request) -> web.Response:
    """Show where everything is and what was sent last."""
    here = context(request)
    parties = ((party.number, party.name, party.good_for) for party in seeds.PARTIES)
    resources = ((resource.id, resource.owner, resource.good_for) for resource in seeds.RESOURCES)
    caught = ((link(f"/hooks/{name}", name), calls) for name, calls in hooks.names(here))
    return page(
        "Correspondence on this machine",
        Markup(f"<p>The time here is {as_text(here.clock.now())}.</p>"),
        _places(here),
        _heading("Latest mail"),
        _mails(email.sent(here)[-_LATEST:][::-1]),
        _heading("Latest SMS"),
        _messages(sms.sent(here)[-_LATEST:][::-1]),
        _heading("Latest dialogs"),
        _dialogs(dialog_store.of_party(here.store, None)[-_LATEST:][::-1]),
        _heading("Hooks"),
        table(("Name", "Calls"), caught),
        _heading("Parties"),
        table(("Number", "Name", "Good for"), parties),
        _heading("Resources"),
        table(("Id", "Owner", "Good for"), resources),
    )


async def mail_page(request: web.Request) -> web.Response:
    """Show all sent mail, newest first."""
    return page("Mail", _mails(email.sent(context(request))[::-1]))


async def one_mail_page(request: web.Request) -> web.Response:
    """Show one mail."""
    wanted = request.match_info["id"]
    mail = next((mail for mail in email.sent(context(request)) if mail["id"] == wanted), None)
    if mail is None:
        raise web.HTTPNotFound(text="There is no such mail.")
    facts = [(name, mail[name]) for name in ("at", "from", "status", "operationId")]
    files = [(item["name"], f"{item['size']} bytes") for item in mail["attachments"]]
    parts = [table(("", ""), [*facts, ("to", ", ".join(mail["to"])), *files])]
    if mail["plainText"]:
        parts += [_heading("Text"), Markup(f"<pre>{escape(mail['plainText'])}</pre>")]
    if mail["html"]:
        frame = f'<iframe sandbox title="The mail as HTML" srcdoc="{escape(mail["html"])}"></iframe>'
        parts += [_heading("HTML"), Markup(frame)]
    return page(mail["subject"], *parts)


async def sms_page(request: web.Request) -> web.Response:
    """Show all sent SMS, newest first."""
    return page("SMS", _messages(sms.sent(context(request))[::-1]))


async def dialogs_page(request: web.Request) -> web.Response:
    """Show all dialogs, newest first."""
    return page("Dialogs", _dialogs(dialog_store.of_party(context(request).store, None)[::-1]))


ROUTES = (
    web.get("/", start),
    web.get("/pages/mail", mail_page),
    web.get("/pages/mail/{id}", one_mail_page),
    web.get("/pages/sms", sms_page),
    web.get("/pages/dialogs", dialogs_page),
)
