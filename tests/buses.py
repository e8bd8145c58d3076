"""A Service Bus for tests: the official emulator in containers where Docker answers, else the embedded broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.broker import serving
from tests.servers import docker_answers

CONFIG = Path(__file__).parents[1] / "local" / "servicebus.json"
EMULATOR = "mcr.microsoft.com/azure-messaging/servicebus-emulator:latest"
DATABASE = "mcr.microsoft.com/mssql/server:2022-latest"
PASSWORD = "Only-for-a-test-1"
START_SECONDS = 180


@contextmanager
def bus(config: Path = CONFIG) -> Iterator[str]:
    """Yields the connection string of a bus that has the entities of this file in the official emulator's format."""
    if docker_answers():
        with _emulator(config) as connection:
            yield connection
    else:
        with serving(config) as broker:
            yield broker.connection_string


@contextmanager
def _emulator(config: Path) -> Iterator[str]:
    """The emulator beside the database it needs, in a network of their own."""
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.network import Network
    from testcontainers.core.wait_strategies import HttpWaitStrategy

    with Network() as network:
        database = DockerContainer(DATABASE).with_network(network).with_network_aliases("sqlserver")
        database = database.with_envs(ACCEPT_EULA="Y", MSSQL_SA_PASSWORD=PASSWORD)
        emulator = DockerContainer(EMULATOR).with_network(network).with_exposed_ports(5672, 5300)
        emulator = emulator.with_envs(ACCEPT_EULA="Y", SQL_SERVER="sqlserver", MSSQL_SA_PASSWORD=PASSWORD)
        emulator = emulator.with_volume_mapping(str(config), "/ServiceBus_Emulator/ConfigFiles/Config.json", "ro")
        ready = HttpWaitStrategy(5300, "/health").for_status_code(200).with_startup_timeout(START_SECONDS)
        with database, emulator.waiting_for(ready):
            yield (
                f"Endpoint=sb://{emulator.get_container_host_ip()}:{emulator.get_exposed_port(5672)};"
                "SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;"
                "UseDevelopmentEmulator=true;"
            )
