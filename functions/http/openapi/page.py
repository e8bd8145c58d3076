"""The description as a page: plain HTML that needs no script, so that it can be read under the strictest policy."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from importlib import resources
from typing import Any

from functions.http.openapi.schemas import REFERENCE
from functions.http.operation import BASE
from functions.http.operations import PAGE_STYLE

Described = Mapping[str, Any]

_STYLE = "page.css"
_CODE = re.compile(r"`([^`]*)`")


@cache
def style() -> str:
    """The style sheet."""
    return resources.files("functions.http.openapi").joinpath(_STYLE).read_text(encoding="utf-8")


def page(document: Described) -> str:
    """The whole page: a list of operations, then each one folded, then the models."""
    operations = [(path, method, one) for path, item in document["paths"].items() for method, one in item.items()]
    tags = document["tags"]
    parts = [
        _head(document["info"]),
        _index(tags, operations),
        *(_section(tag, operations, document) for tag in tags),
        "<h2 id=models>Models</h2>",
        *(_model(name, schema) for name, schema in document["components"]["schemas"].items()),
        "</main></body></html>\n",
    ]
    return "\n".join(parts)


def _head(info: Described) -> str:
    about = "".join(f"<p>{_text(part)}</p>" for part in info["description"].strip().split("\n\n"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(info["title"])} API</title><link rel="stylesheet" href="{PAGE_STYLE}"></head><body><main>'
        f"<h1>{escape(info['title'])} API</h1>{about}"
        f'<p>For tools: <a href="{BASE}/openapi.json">openapi.json</a> (OpenAPI 3.1)</p>'
    )


def _index(tags: Iterable[Described], operations: list[tuple[str, str, Described]]) -> str:
    lists = []
    for tag in tags:
        items = "".join(
            f'<li><a href="#{one["operationId"]}">{escape(one["summary"])}</a></li>'
            for _, _, one in operations
            if tag["name"] in one["tags"]
        )
        lists.append(f"<li>{escape(tag['name'])}<ul>{items}</ul></li>")
    return f"<nav><ul>{''.join(lists)}</ul></nav>"


def _section(tag: Described, operations: list[tuple[str, str, Described]], document: Described) -> str:
    own = [_operation(path, method, one, document) for path, method, one in operations if tag["name"] in one["tags"]]
    return f"<h2>{escape(tag['name'])}</h2><p>{_text(tag.get('description', ''))}</p>{''.join(own)}"


def _operation(path: str, method: str, one: Described, document: Described) -> str:
    added = " <b class=added>addition</b>" if one.get("x-addition") else ""
    told = "".join(f"<p>{_text(part)}</p>" for part in one["description"].split("\n\n"))
    return (
        f'<article id="{one["operationId"]}"><h3><span class="{method}">{method.upper()}</span> '
        f"<code>{escape(path)}</code>{added}</h3>{told}{_tokens(one)}{_parameters(one)}{_body(path, method, one)}"
        f"{_answers(one, document)}</article>"
    )


def _tokens(one: Described) -> str:
    """Which tokens are enough, each with its scopes."""
    ways = [
        f"<li><code>{escape(name)}</code> {escape(' and '.join(scopes))}</li>"
        for alternative in one["security"]
        for name, scopes in alternative.items()
    ]
    return f"<p>One of these tokens:</p><ul>{''.join(ways)}</ul>" if ways else "<p>Open to everybody.</p>"


def _parameters(one: Described) -> str:
    rows = [
        (
            escape(parameter["name"]),
            parameter["in"],
            _type(parameter["schema"]),
            _needed(parameter),
            _text(parameter["description"]),
        )
        for parameter in one["parameters"]
    ]
    return _table("Parameters", ("Name", "In", "Type", "", "Meaning"), rows)


def _body(path: str, method: str, one: Described) -> str:
    """The body and its examples, each as a command that can be copied."""
    shown = []
    for kind, media in one.get("requestBody", {}).get("content", {}).items():
        shown.append(f"<h4>Body</h4><p><code>{escape(kind)}</code> {_linked(media['schema'])}</p>")
        if media["schema"].get("properties"):
            shown.append(_members("Fields", media["schema"]))
        shown += [_example(example, _command(path, method, kind, example)) for example in media["examples"].values()]
    return "".join(shown)


def _command(path: str, method: str, kind: str, example: Described) -> str:
    """What to type for this example, with the address and the token in the shell's variables."""
    value, lines = example["value"], [f'curl -X {method.upper()} "$APP{path}" -H "Authorization: Bearer $TOKEN"']
    if kind == "multipart/form-data":
        fields = {name: text for name, text in value.items() if name != "attachments"}
        lines += [f"  --form-string {_quoted(f'{name}={text}')}" for name, text in fields.items()]
        files = [text for name, text in fields.items() if name.endswith(".FileName")]
        lines += [f"  -F {_quoted(f'attachments=@{name}')}" for name in files]
    elif isinstance(value, str):
        lines += [f"  -H 'Content-Type: {kind}' --data-binary @FILE"]
    else:
        lines += [f"  -H 'Content-Type: {kind}' -d {_quoted(json.dumps(value, ensure_ascii=False, indent=2))}"]
    return " \\\n".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _answers(one: Described, document: Described) -> str:
    shown = []
    for status, answer in one["responses"].items():
        examples = []
        for kind, media in answer.get("content", {}).items():
            examples.append(f"<p><code>{escape(kind)}</code> {_linked(media['schema'])}</p>")
            for name, example in media.get("examples", {}).items():
                told = document["components"]["examples"][name] if "$ref" in example else example
                value = told["value"]
                text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
                examples.append(_example({"summary": f"{name}: {told['summary']}"}, text))
        rows = [(name, _text(header["description"])) for name, header in answer.get("headers", {}).items()]
        headers = _table("", ("Header", "Meaning"), rows)
        told = f"<summary><b>{status}</b> {_text(answer['description'])}</summary>"
        shown.append(f"<details>{told}{headers}{''.join(examples)}</details>")
    return f"<h4>Answers</h4>{''.join(shown)}"


def _example(example: Described, text: str) -> str:
    return f"<details><summary>{escape(example['summary'])}</summary><pre>{escape(text)}</pre></details>"


def _model(name: str, schema: Described) -> str:
    told = f"<p>{_text(schema.get('description', ''))}</p>"
    values = ", ".join(f"<code>{escape(str(value))}</code>" for value in schema.get("enum", ()))
    listed = f"<p>{values}</p>" if values else ""
    return f'<article id="{name}"><h3>{name}</h3>{told}{listed}{_members("", schema)}</article>'


def _members(title: str, schema: Described) -> str:
    required = schema.get("required", ())
    rows = [
        (
            escape(name),
            _type(member),
            _needed({"required": name in required}),
            _text(member.get("description", "")),
        )
        for name, member in schema.get("properties", {}).items()
    ]
    return _table(title, ("Member", "Type", "", "Meaning"), rows)


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table, nothing when it would be empty. Cells are HTML already."""
    if not rows:
        return ""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    heading = f"<h4>{escape(title)}</h4>" if title else ""
    return f"{heading}<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _text(words: str) -> str:
    """Words as HTML, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(words))


def _needed(described: Described) -> str:
    return "required" if described.get("required") else ""


def _linked(schema: Described) -> str:
    names = [part for part in _type(schema).split(" or ") if part.startswith("<a ")]
    return " or ".join(names)


def _type(schema: Described) -> str:
    """The type in a word, or a link to the model."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REFERENCE)
        return f'<a href="#{name}">{escape(name)}</a>'
    for many in ("anyOf", "allOf", "oneOf"):
        if many in schema:
            return " or ".join(_type(kind) for kind in schema[many])
    if schema.get("type") == "array":
        inner = _type(schema.get("items", {}))
        return inner.replace("</a>", "[]</a>") if inner.startswith("<a ") else f"{inner}[]"
    kind = str(schema.get("type", "any"))
    limits = [schema[name] for name in ("format",) if name in schema]
    limits += [f"at most {schema['maxLength']}" for name in ("maxLength",) if name in schema]
    return f"{kind} ({', '.join(limits)})" if limits else kind
