"""What all tests share: a line that says which servers they run against."""

from tests.servers import docker_answers


def pytest_report_header() -> str:
    """Say which emulators are used, since both kinds must give the same results."""
    if docker_answers():
        return "servers: Azurite and the Service Bus emulator in containers"
    return "servers: Azurite from npm and the embedded broker (no Docker engine answers)"
