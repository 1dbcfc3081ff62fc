"""Results in order, with the next ones in the making while one is used; and what is long, part by part."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Given, Made = TypeVar("Given"), TypeVar("Made")


def prefetched(
    threads: ThreadPoolExecutor, make: Callable[[Given], Made], given: Iterable[Given], *, at_once: int = 3
) -> Iterator[Made]:
    """`make` of each of `given`, in order, at most `at_once` of them made before they are asked for."""
    waiting: deque[Future[Made]] = deque()
    for one in given:
        waiting.append(threads.submit(make, one))
        if len(waiting) > at_once:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def chunks(items: Iterable[Given], size: int) -> Iterator[list[Given]]:
    """Lists of `size` items in order, the last one with what is left."""
    waiting = iter(items)
    while chunk := list(islice(waiting, size)):
        yield chunk
