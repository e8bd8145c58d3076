"""What the host's tests share: one storage emulator and one broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.host.running import APPS, running_azurite


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of a storage emulator."""
    with running_azurite(tmp_path_factory.mktemp("azurite")) as connection_string:
        yield connection_string


@pytest.fixture(scope="session")
def bus() -> Iterator[str]:
    """The connection string of a broker with the entities of the sample app."""
    broker = pytest.importorskip("local.broker", reason="the embedded broker cannot be imported")
    with broker.serving(Path(APPS / "triggers" / "servicebus.json")) as serving:
        yield serving.connection_string
