"""Rows are joined as they should be: two flights, three hours of weather and one plane, worked out by hand."""

import duckdb
import pytest

from flight_delay.prepare import keep_sample, make_rows

FLIGHTS = """
    SELECT 2013 AS year, 5 AS month, 16 AS day, 1830 AS sched_dep_time, 18 AS hour, 30 AS minute, 'UA' AS carrier,
        flight, 'N1' AS tailnum, 'EWR' AS origin, 'ORD' AS dest, 719 AS distance, arr_delay,
        TIMESTAMPTZ '2013-05-16 22:00:00+00' AS time_hour
    FROM (VALUES (1, 31), (2, 30), (3, NULL)) AS these(flight, arr_delay)
"""
WEATHER = """
    SELECT 'EWR' AS origin, time_hour::TIMESTAMPTZ AS time_hour, wind_speed, 0.1 AS precip, 9 AS visib, 80 AS humid,
        1012 AS pressure
    FROM (VALUES ('2013-05-16 18:00:00+00', 1), ('2013-05-16 19:00:00+00', 12), ('2013-05-16 20:00:00+00', 40))
        AS these(time_hour, wind_speed)
"""


@pytest.fixture
def db():
    """Return a database with the tables above."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE flights AS {FLIGHTS}")
        connection.execute(f"CREATE TABLE weather AS {WEATHER}")
        connection.execute("CREATE TABLE planes AS SELECT 'N1' AS tailnum, 2003 AS year")
        yield connection


def rows(db, hours_ahead=2):
    """Return the rows as dictionaries."""
    make_rows(db, {"hours_ahead": hours_ahead, "late_minutes": 30})
    found = db.execute("FROM rows")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_late_means_more_than_thirty_minutes(db):
    """Thirty minutes is not late; a flight that never arrived has no row."""
    assert {row["flight_id"]: row["late"] for row in rows(db)} == {
        "UA-1-EWR-20130516-1830": True,
        "UA-2-EWR-20130516-1830": False,
    }


@pytest.mark.parametrize(("hours_ahead", "wind"), [(1, 40), (2, 12), (3, 1), (4, None)])
def test_the_weather_is_that_of_the_last_complete_hour(db, hours_ahead, wind):
    """Asked at 20:30 UTC, the hour from 19:00 is the last one that is over; an hour without a reading has none."""
    assert rows(db, hours_ahead)[0]["wind_speed"] == wind


def test_a_reading_that_cannot_be_is_no_reading(db):
    """A gauge that says 1048 mph has failed; what else it says stands."""
    db.execute("UPDATE weather SET wind_speed = 1048")
    row = rows(db)[0]

    assert (row["wind_speed"], row["precip"]) == (None, 0.1)


def test_an_unknown_plane_has_no_age(db):
    """The register gives this plane ten years, and says nothing of planes that are not in it."""
    known = rows(db)[0]["plane_age"]
    db.execute("DELETE FROM planes")

    assert (known, rows(db)[0]["plane_age"]) == (10, None)


def test_a_sample_is_the_same_each_time(db):
    """A sample is chosen by the rows' keys, not by chance."""
    kept = []
    for _ in range(2):
        rows(db)
        keep_sample(db, 1)
        kept.append(db.execute("SELECT flight_id FROM rows").fetchall())

    assert kept[0] == kept[1]
    assert len(kept[0]) == 1
