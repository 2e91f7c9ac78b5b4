"""Takes one sample of asyncio.TaskGroup: python3 bench/taskgroup.py QUESTION SIZE CLOCK WARM_MS MEASURE_MS

Prints what each of SIZE takes: µs, or bytes. Like measure.mjs.
"""

import asyncio
import gc
import sys
import time
import tracemalloc


CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}


async def job(index):
    await asyncio.sleep(0)  # What a resolved promise is to JavaScript: one round of the loop.
    return index


async def wait(future):
    return await future


async def children(count):
    start = clock()
    async with asyncio.TaskGroup() as group:
        for index in range(count):
            group.create_task(job(index))
    return clock() - start


async def cancel(count):
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(count)]
    ready = loop.create_future()

    async def body():
        async with asyncio.TaskGroup() as group:
            for future in futures:
                group.create_task(wait(future))
            await asyncio.sleep(0.001)
            ready.set_result(None)
            await asyncio.Event().wait()

    task = asyncio.create_task(body())
    await ready
    start = clock()
    task.cancel()
    await asyncio.wait([task])
    return clock() - start


async def long_scope(count):
    """Children a hundred at a time, one hundred after the other, in one group."""
    start = clock()
    async with asyncio.TaskGroup() as group:
        for _ in range(count // 100):
            for index in range(100):
                task = group.create_task(job(index))
            await task
    return clock() - start


async def scope(count):
    start = clock()
    for _ in range(count):
        async with asyncio.TaskGroup():
            pass
    return clock() - start


async def scope_of_three(count):
    start = clock()
    for _ in range(count):
        async with asyncio.TaskGroup() as group:
            for index in range(3):
                group.create_task(job(index))
    return clock() - start


async def open_scopes(count):
    start = clock()
    groups = [asyncio.TaskGroup() for _ in range(count)]
    for group in groups:
        await group.__aenter__()
    for group in groups:
        await group.__aexit__(None, None, None)
    return clock() - start


async def idle_scope(count):
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    groups = [asyncio.TaskGroup() for _ in range(count)]
    for group in groups:
        await group.__aenter__()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / 1e6


async def memory(count):
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(count)]
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    async with asyncio.TaskGroup() as group:
        for future in futures:
            group.create_task(wait(future))
        await asyncio.sleep(0.001)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        for future in futures:
            future.set_result(None)
    return (after - before) / 1e6


TIMES = {
    "children": children,
    "cancel": cancel,
    "long-scope": long_scope,
    "scope": scope,
    "scope-of-three": scope_of_three,
    "open-scopes": open_scopes,
}
BYTES = {"memory": memory, "idle-scope": idle_scope}


def sample(question, count, warm_ms, measure_ms):
    if question in BYTES:
        return asyncio.run(BYTES[question](count)) / count * 1e6

    def timed(count, ms):
        total = 0
        runs = 0
        while runs == 0 or total * 1000 < ms:
            total += asyncio.run(TIMES[question](count))
            runs += 1
        return total / runs / count * 1e6

    timed(min(count, 10_000), warm_ms)
    return timed(count, measure_ms)


if __name__ == "__main__":
    question, size, clock_name, *times = sys.argv[1:]
    clock = CLOCKS[clock_name]
    print(sample(question, int(size), *map(int, times)))
