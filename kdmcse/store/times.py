"""Moments as they are stored."""

import datetime


def as_stored(moment: datetime.datetime, precision: str) -> str:
    """ISO 8601 in UTC, to the `seconds`, `milliseconds` or `microseconds`."""
    return moment.astimezone(datetime.UTC).isoformat(timespec=precision)


def now_as_stored(precision: str = "seconds") -> str:
    """This moment, as `as_stored` has it."""
    return as_stored(datetime.datetime.now(datetime.UTC), precision)
