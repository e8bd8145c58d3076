"""Names of parties as people write them. Pure."""

import re

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def title_cased(name: str) -> str:
    """`KARI PRØVE-NORDMANN` as the register has it, as Kari Prøve-Nordmann; a name in mixed case stays as it is.

    Source: wire contract 5.1, item 24, and 8.2.
    """
    if name not in {name.upper(), name.lower()}:
        return name
    return _WORD.sub(lambda word: word[0].capitalize(), name)
