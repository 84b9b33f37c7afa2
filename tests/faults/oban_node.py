"""An Oban that runs the jobs of a storm until it is killed: oban_node.py DATABASE_URL MEILISEARCH_URL QUEUE."""

import asyncio
import sys

from oban import Oban

import scrypath
import scrypath.oban


async def main(database_url: str, meilisearch_url: str, queue: str) -> None:
    search = scrypath.Scrypath(meilisearch_url=meilisearch_url, sync_mode="oban", oban_queue=queue)
    scrypath.oban.register(search)
    pool = await Oban.create_pool(database_url, min_size=1, max_size=8)
    async with Oban(pool=pool, queues={queue: 5}):
        await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
