"""The stand-in messages and the runtime agree."""

import re
from importlib.util import find_spec
from pathlib import Path

from local.host import protos


def test_stand_in_has_what_the_runtime_uses() -> None:
    """The names that the installed runtime takes from `protos` are those of the stand-in; a few more the host sends."""
    spec = find_spec("azure_functions_runtime")
    assert spec is not None
    assert spec.origin is not None
    sources = [path.read_text(encoding="utf-8") for path in Path(spec.origin).parent.rglob("*.py")]
    used = {name for source in sources for name in re.findall(r"\bprotos\.([A-Z]\w*)", source)}
    used |= {"Timestamp"} if any('getattr(protos, "Timestamp"' in source for source in sources) else set()
    given = {
        name for name, value in vars(protos).items() if isinstance(value, type) and issubclass(value, protos.Message)
    }
    sent = {"Message", "ModelBindingData", "CollectionString", "CollectionBytes"}
    assert given - sent == used


def test_unset_fields_are_absent() -> None:
    """A message built with None has nothing set, as in protobuf."""
    assert protos.TypedData(string=None).WhichOneof("data") is None
    assert protos.TypedData(string="").WhichOneof("data") == "string"


def test_values_travel_as_the_real_host_sends_them() -> None:
    """Text, bytes, floats and lists of them keep their kind; everything else becomes JSON and comes back."""
    kinds = {
        kind: protos.typed(value).WhichOneof("data")
        for kind, value in {"a": "x", "b": b"x", "c": 1.5, "d": None}.items()
    }
    assert kinds == {"a": "string", "b": "bytes", "c": "double", "d": None}
    assert protos.typed(["a"]).WhichOneof("data") == "collection_string"
    assert protos.typed([b"a"]).WhichOneof("data") == "collection_bytes"
    for value in (7, True, {"a": [1]}, [1, "a"], []):
        assert protos.typed(value).WhichOneof("data") == "json"
        assert protos.untyped(protos.typed(value)) == value
