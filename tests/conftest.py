"""What all tests share: a line that says which servers they run against, and which tests run side by side."""

from pathlib import PurePosixPath

import pytest

from tests.servers import docker_answers

FOLDERS_OF_ONE_SERVER = ("tests/contract/", "tests/e2e/")


def pytest_report_header() -> str:
    """Say which emulators are used, since both kinds must give the same results."""
    if docker_answers():
        return "servers: Azurite and the Service Bus emulator in containers"
    return "servers: Azurite from npm and the embedded broker (no Docker engine answers)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests together, in their order, that share a running server; spread the others by module."""
    for item in items:
        module = PurePosixPath(item.nodeid.partition("::")[0])
        shared = str(module).startswith(FOLDERS_OF_ONE_SERVER)
        item.add_marker(pytest.mark.xdist_group(str(module.parent if shared else module)))
