"""A stand-in for what libraries know of texts: simple rules that tests can steer."""


class Texts:
    """Plain unless it holds `#`, Markdown unless it holds `<`, a mobile number when it begins with `+47`."""

    def is_plain_text(self, text: str) -> bool:
        return "#" not in text

    def is_markdown(self, text: str) -> bool:
        return "<" not in text

    def is_mobile(self, number: str) -> bool:
        return number.startswith("+47")
