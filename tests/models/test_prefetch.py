"""What is made ahead comes in order, in bounded number, and what fails fails where it is asked for."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from kdmcse.models.prefetch import prefetched


def test_results_come_in_the_order_of_what_is_given_even_if_the_first_takes_longest():
    second_is_done = threading.Event()

    def make(number):
        if number == 0:
            assert second_is_done.wait(10)
        if number == 1:
            second_is_done.set()
        return number * number

    with ThreadPoolExecutor(2) as threads:
        assert list(prefetched(threads, make, range(6))) == [0, 1, 4, 9, 16, 25]


def test_no_more_is_made_ahead_than_asked_for():
    begun = []
    with ThreadPoolExecutor(1) as threads:
        results = prefetched(threads, begun.append, range(100), at_once=4)
        next(results)
        threads.submit(int).result()  # the one thread is done with all that was begun
        assert begun == [0, 1, 2, 3, 4]
        results.close()


def test_nothing_gives_nothing():
    with ThreadPoolExecutor(1) as threads:
        assert list(prefetched(threads, str, [])) == []


def test_what_cannot_be_made_raises_in_its_turn():
    with ThreadPoolExecutor(1) as threads:
        results = prefetched(threads, lambda n: 1 // n, [1, 0, 1])
        assert next(results) == 1
        with pytest.raises(ZeroDivisionError):
            next(results)
