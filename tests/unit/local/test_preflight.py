"""What stands in the way of a stack is said in a sentence that says what to do."""

from pathlib import Path

import pytest

from local import preflight
from local.addresses import Addresses


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def node_faults(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said about Node.js, whatever else is wrong here."""
    monkeypatch.setattr(preflight, "is_free", lambda port: port > 0)
    return [fault for fault in preflight.faults(Addresses(7071), app=None, engine="") if "Node.js" in fault]


def test_a_missing_node_is_asked_for(bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the version that is enough."""
    assert not list(bin_folder.iterdir())
    assert node_faults(monkeypatch) == ["Node.js is not on the PATH; install Node.js 20 or newer, which Azurite needs."]


@pytest.mark.parametrize(
    ("version", "enough"), [("v18.20.4", False), ("v20.0.0", True), ("v22.1.0", True), ("", False)]
)
def test_node_must_be_20_or_newer(
    bin_folder: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, enough: bool
) -> None:
    """An older one is named, with what is needed."""
    node = bin_folder / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n")
    node.chmod(0o755)
    found = node_faults(monkeypatch)
    seen = version or "an unknown version"
    assert found == ([] if enough else [f"Node.js 20 or newer is needed, not {seen}; update it."])
