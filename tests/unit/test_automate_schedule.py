"""A schedule names the times that its author means, also where the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import UsageError
from roadworthy.platform.automate.schedule import last_due, next_due

WEEKLY = "0 3 * * 1 Europe/Stockholm"


def utc(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("after", "schedule", "comes"), [
    ("2026-01-01 00:00", WEEKLY, "2026-01-05 02:00"),  # winter: UTC + 1
    ("2026-07-01 00:00", WEEKLY, "2026-07-06 01:00"),  # summer: UTC + 2
    ("2026-01-05 02:00", WEEKLY, "2026-01-12 02:00"),  # after, not at
    ("2026-01-01 00:00:30", "* * * * *", "2026-01-01 00:01"),
    ("2026-01-01 00:00", "30 4 1,15 * *", "2026-01-01 04:30"),
    ("2026-03-29 00:00", "30 2 * * * Europe/Stockholm", "2026-03-29 01:00"),  # 02:30 is skipped: at 03:00 instead
    ("2026-03-29 01:00", "30 2 * * * Europe/Stockholm", "2026-03-30 00:30"),
    ("2026-10-24 12:00", "30 2 * * * Europe/Stockholm", "2026-10-25 00:30"),  # 02:30 comes twice: the first
    ("2026-10-25 00:30", "30 2 * * * Europe/Stockholm", "2026-10-26 01:30"),
    ("2026-10-25 01:15", "30 2 * * * Europe/Stockholm", "2026-10-26 01:30"),  # between the two
    ("2026-10-25 00:00", "0 * * * * Europe/Stockholm", "2026-10-25 01:00"),  # every hour is every hour
    ("2026-01-01 00:00", "0 0 29 2 *", "2028-02-29 00:00"),
])  # fmt: skip
def test_the_next_time_is_the_one_that_is_meant(after: str, schedule: str, comes: str) -> None:
    """In its own time zone, once a day on each day."""
    assert next_due(utc(after), schedule) == utc(comes)


@pytest.mark.parametrize(("schedule", "says"), [
    ("0 3 * *", "is no schedule"),
    ("61 3 * * 1", "bad minute"),
    ("0 3 * * 1 Europe/Atlantis", "no time zone 'Europe/Atlantis'"),
    ("0 3 * * 1 ../../etc/passwd", "no time zone"),
    ("0 3 30 2 *", "is no schedule: bad day-of-month"),
])  # fmt: skip
def test_a_schedule_that_cannot_be_read_is_told(schedule: str, says: str) -> None:
    """With an example of one that can."""
    with pytest.raises(UsageError, match=says):
        next_due(utc("2026-01-01"), schedule)


SCHEDULES = st.sampled_from([
    WEEKLY, "* * * * *", "30 2 * * * America/New_York",
    "*/15 * * * * Europe/Stockholm", "0,30 2 * * * Europe/Stockholm",
    "0 0 1 * * Australia/Lord_Howe", "0 12 29 2 * Asia/Kathmandu", "5 4 * * sun", "0 */6 * * * America/Sao_Paulo",
])  # fmt: skip
MOMENTS = st.one_of(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - hypothesis adds the zone
    st.datetimes(datetime(2026, 3, 28, 22), datetime(2026, 3, 29, 4)),  # noqa: DTZ001
    st.datetimes(datetime(2026, 10, 24, 22), datetime(2026, 10, 25, 4)),  # noqa: DTZ001
).map(lambda one: one.replace(tzinfo=UTC))


@given(MOMENTS, SCHEDULES)
def test_the_last_time_and_the_next_enclose_every_moment(at: datetime, schedule: str) -> None:
    """No time is left out between them, and none comes twice."""
    last, following = last_due(at, schedule), next_due(at, schedule)

    assert last is not None
    assert last <= at < following
    assert next_due(last, schedule) == following
    assert next_due(last - timedelta(seconds=1), schedule) == last
