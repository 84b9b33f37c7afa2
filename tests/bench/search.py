"""Median microseconds of one search through the Python package: search.py URL ROUNDS [--hits | --async | --peer]."""

import asyncio
import statistics
import sys
import time

url, rounds = sys.argv[1], int(sys.argv[2])


def median(call):
    for _ in range(min(rounds, 200)):
        call()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


async def median_async(call):
    for _ in range(min(rounds, 200)):
        await call()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        await call()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


if "--peer" in sys.argv:
    import meilisearch

    index = meilisearch.Client(url).index("scrypath_movie")
    print(f"{median(lambda: index.search('film', {'filter': ['genre = Drama']})):.1f}")
else:
    import scrypath

    @scrypath.schema(name="movie", fields=["id", "title"], filterable=["genre"])
    class Movie: ...

    if "--async" in sys.argv:
        waiting = scrypath.AsyncScrypath(meilisearch_url=url)
        print(f"{asyncio.run(median_async(lambda: waiting.search(Movie, 'film', filter={'genre': 'Drama'}))):.1f}")
    else:
        blocking = scrypath.Scrypath(meilisearch_url=url)
        look = (lambda found: found.hits) if "--hits" in sys.argv else (lambda found: found)
        print(f"{median(lambda: look(blocking.search(Movie, 'film', filter={'genre': 'Drama'}))):.1f}")
