"""What Azurite has answered is still there after kill -9."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableServiceClient
from azure.storage.blob import BlobBlock, BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local.settings import storage_connection
from local.stack import Stack

ROWS = 50


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack without the app."""
    with Stack(functions=False) as running:
        yield running


def power_cut(stack: Stack) -> None:
    stack.kill()
    stack.start()


def row(number: int, **more: object) -> dict[str, object]:
    return {"PartitionKey": "p", "RowKey": f"{number:03}", **more}


def rows(table: TableClient) -> dict[str, object]:
    return {str(entity["RowKey"]): entity.get("value") for entity in table.list_entities()}


def test_rows_survive(stack: Stack) -> None:
    """Inserted, changed and deleted rows, single and in a transaction, are as they were answered, time after time."""
    tables = TableServiceClient.from_connection_string(storage_connection(stack.addresses))
    table = tables.create_table("survivors")
    gone = tables.create_table("gone")
    for number in range(ROWS):
        table.create_entity(row(number, value=number))
    tables.delete_table("gone")
    power_cut(stack)
    assert len(rows(table)) == ROWS
    table.submit_transaction(
        [("delete", row(0)), ("upsert", row(1, value="changed")), ("create", row(ROWS, value="new"))]
    )
    table.delete_entity(row(2))
    table.update_entity(row(3, value="also"))
    expected = rows(table)
    for _ in range(2):
        power_cut(stack)
        assert rows(table) == expected
    assert (expected["001"], expected["003"], len(expected)) == ("changed", "also", ROWS - 1)
    assert table.get_entity("p", "003")["value"] == "also"
    table.create_entity(row(2, value="again"))
    with pytest.raises(ResourceNotFoundError):
        gone.create_entity(row(1))


def test_blobs_and_queues_survive(stack: Stack) -> None:
    """Blobs with their bytes, staged and committed blocks, and queued messages are as they were answered."""
    connection = storage_connection(stack.addresses)
    container = BlobServiceClient.from_connection_string(connection).create_container("survivors")
    queue = QueueServiceClient.from_connection_string(connection).create_queue("survivors")
    content = bytes(range(256)) * 400
    container.upload_blob("whole", content)
    container.upload_blob("deleted", b"x")
    container.delete_blob("deleted")
    blocks = container.get_blob_client("blocks")
    blocks.stage_block("000", content)
    queue.send_message("first")
    queue.send_message("second")
    first = queue.receive_message()
    assert first is not None
    queue.delete_message(first)
    power_cut(stack)
    blocks.commit_block_list([BlobBlock("000")])
    etag = blocks.get_blob_properties().etag
    power_cut(stack)
    assert container.download_blob("whole").readall() == content
    assert blocks.download_blob(etag=etag, match_condition=MatchConditions.IfNotModified).readall() == content
    assert sorted(container.list_blob_names()) == ["blocks", "whole"]
    assert [message.content for message in queue.receive_messages()] == ["second"]


def test_journals_are_dropped(tmp_path: Path) -> None:
    """Once a stack has stopped in order, its files are whole and no journal is left."""
    stack = Stack(functions=False, state=tmp_path / "state")
    stack.start()
    tables = TableServiceClient.from_connection_string(storage_connection(stack.addresses))
    tables.create_table("kept").create_entity(row(1, value="x"))
    assert list((stack.state / "azurite").glob("*.journal-*"))
    stack.stop()
    assert not list((stack.state / "azurite").glob("*.journal-*"))
    stack.start()
    assert rows(tables.get_table_client("kept")) == {"001": "x"}
    stack.stop()
