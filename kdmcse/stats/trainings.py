"""Which of several trainings speaks for them where one has to: the typical one."""

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def typical(trainings: Iterable[T], value: Callable[[T], float]) -> T:
    """The one whose value is the median, of an even number the lower; what has no value (NaN) counts as the highest."""
    ordered = sorted(trainings, key=lambda one: (math.isnan(value(one)), value(one)))
    return ordered[(len(ordered) - 1) // 2]
