"""Boxes of any size: the pointers of one letter, copied, each copy a second older than the one before.

Only the pointers: what a search reads does not depend on how many letters stand behind them.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import batched
from typing import Any

from azure.data.tables.aio import TableClient

from bench.transactions import Transactions
from shared.adapters.keys import reversed_time, time_of
from shared.adapters.mailboxes import SHARDS
from shared.adapters.months import month_of
from shared.adapters.tables import MAX_WRITES, quoted

type Entity = Mapping[str, Any]

_TOGETHER = MAX_WRITES // 2 * SHARDS
"""Letters whose pointers fill whole transactions: each has two in its recipient's box and two in a sender's shard."""
_PLACE = 17 + 1 + 36  # The end of every key: the reversed time and the id.
_OWN = 12  # The digits at the end of an id by which copies differ.


async def fill(connection: str, like: str, resource: str, letters: int, tell: Callable[[int], None]) -> None:
    """So many more letters lie in the boxes of the letter `like`, on its recipient's and on its sender's side.

    `resource` is the one it was sent with. `tell` hears how many there are, as they come.
    """
    async with TableClient.from_connection_string(connection, "mailboxes") as table:
        found = table.query_entities(f"resource eq {quoted(resource)}")
        pointers = [entity async for entity in found if entity["RowKey"].endswith(like)]
    done = 0
    async with Transactions(connection, "mailboxes") as transactions:
        for numbers in batched(range(1, letters + 1), _TOGETHER, strict=False):
            await asyncio.gather(*map(transactions.put, _in_partitions(pointers, numbers)))
            done += len(numbers)
            tell(done)


def _in_partitions(pointers: Sequence[Entity], numbers: Sequence[int]) -> Iterator[Sequence[Entity]]:
    partitions: dict[str, list[Entity]] = defaultdict(list)
    for number in numbers:
        for pointer in pointers:
            copy = _copy(pointer, number)
            partitions[copy["PartitionKey"]].append(copy)
    for rows in partitions.values():
        yield from batched(rows, MAX_WRITES, strict=False)


def _copy(pointer: Entity, number: int) -> Entity:
    """The pointer for the letter so many seconds older; a sender's lies in that one's month, in any shard."""
    partition, key = pointer["PartitionKey"], pointer["RowKey"]
    reversed_, id_ = key[-_PLACE:].split(":")
    at = time_of(reversed_) - timedelta(seconds=number)
    if partition.startswith("s:"):
        partition = f"{partition.rsplit(':', 2)[0]}:{month_of(at)}:{number % SHARDS}"
    place = f"{reversed_time(at)}:{id_[:-_OWN]}{number:0{_OWN}x}"
    return {**pointer, "PartitionKey": partition, "RowKey": key[:-_PLACE] + place}
