"""Moments as they are stored."""

import datetime
import re

import pytest

from kdmcse.store.times import as_stored, now_as_stored


@pytest.mark.parametrize(
    ("precision", "text"),
    [
        ("seconds", "2026-03-01T23:30:00+00:00"),
        ("milliseconds", "2026-03-01T23:30:00.120+00:00"),
        ("microseconds", "2026-03-01T23:30:00.120000+00:00"),
    ],
)
def test_a_moment_of_any_zone_is_stored_in_utc(precision, text):
    tokyo = datetime.timezone(datetime.timedelta(hours=9))
    assert as_stored(datetime.datetime(2026, 3, 2, 8, 30, 0, 120_000, tzinfo=tokyo), precision) == text
    assert re.sub(r"\d", "0", now_as_stored(precision)) == re.sub(r"\d", "0", text)
