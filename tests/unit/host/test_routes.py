"""Route templates and their precedence."""

import pytest

from local.host.routes import ALL_METHODS, BadRoute, Route, RouteTable, compile_template, decoded

GUID = "0190163d-8694-739b-aea5-966c26f8ad90"


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("", "/", {}),
        ("a/b", "/A/b/", {}),
        ("a/{x}", "/a/b", {"x": "b"}),
        ("a/{x}", "/a/", None),
        ("a/{x?}", "/a", {}),
        ("a/{x=7}", "/a", {"x": "7"}),
        ("a/{*x}", "/a/b/c", {"x": "b/c"}),
        ("a/{*x}", "/a", {}),
        ("a/{**x}", "/a/b/", {"x": "b/"}),
        ("a/{x:int}", "/a/-5", {"x": "-5"}),
        ("a/{x:int}", "/a/5x", None),
        ("a/{x:guid}", f"/a/{GUID}", {"x": GUID}),
        ("a/{x:guid}", "/a/1", None),
        ("a/{x:alpha:length(3)}", "/a/abc", {"x": "abc"}),
        ("a/{x:alpha:length(3)}", "/a/ab1", None),
        ("a/{x:length(2, 3)}", "/a/abc", {"x": "abc"}),
        ("a/{x:minlength(2)}", "/a/b", None),
        ("a/{x:maxlength(2)}", "/a/bcd", None),
        ("a/{x:range(1,10)}", "/a/10", {"x": "10"}),
        ("a/{x:range(1,10)}", "/a/11", None),
        ("a/{x:min(5)}", "/a/4", None),
        ("a/{x:max(5)}", "/a/4", {"x": "4"}),
        ("a/{x:bool}", "/a/TRUE", {"x": "TRUE"}),
        ("a/{x:regex(^v[0-9]$)}/b", "/a/v1/b", {"x": "v1"}),
        ("a/{x:regex(^v(1|2)$)}", "/a/v3", None),
        ("a/{x}.{y}", "/a/b.c", {"x": "b", "y": "c"}),
        ("a/$batch", "/a/$batch", {}),
    ],
)
def test_template_matches(template: str, path: str, values: dict[str, str] | None) -> None:
    """A template gives the values of its parameters for a path that matches, and nothing for others."""
    assert compile_template(template).match(path) == values


@pytest.mark.parametrize("template", ["a/{x", "a/{x:nothing}", "a/{}", "a/x}"])
def test_broken_template_is_refused(template: str) -> None:
    """A template that cannot be read is refused when the host starts."""
    with pytest.raises(BadRoute):
        compile_template(template)


def test_most_specific_template_wins() -> None:
    """Segment by segment a literal beats a constrained parameter, that a parameter, and that a catch-all."""
    templates = ["a/{*rest}", "a/{x}", "a/{x:int}", "a/b", "{x}/b"]
    table = RouteTable(Route(compile_template(template), ALL_METHODS, template) for template in templates)
    found = {path: table.find("GET", path) for path in ("/a/b", "/a/1", "/a/c", "/a/c/d", "/z/b", "/z")}
    names = {path: hit[0] if hit else None for path, hit in found.items()}
    assert names == {
        "/a/b": "a/b",
        "/a/1": "a/{x:int}",
        "/a/c": "a/{x}",
        "/a/c/d": "a/{*rest}",
        "/z/b": "{x}/b",
        "/z": None,
    }


def test_method_decides_among_templates() -> None:
    """A more specific template under another method does not hide the one that takes this method."""
    routes = [
        Route(compile_template("a/b"), frozenset({"POST"}), 1),
        Route(compile_template("a/{x}"), frozenset({"GET"}), 2),
    ]
    assert RouteTable(routes).find("GET", "/a/b") == (2, {"x": "b"})
    assert RouteTable(routes).find("PUT", "/a/b") is None


def test_path_is_decoded_once() -> None:
    """Percent signs are decoded once, and an encoded slash separates nothing."""
    assert decoded("/a%20b/%C3%B8/%252F/c%2Fd") == "/a b/ø/%2F/c%2Fd"
