"""No input may be made from what is known only after the question was asked.

The future is changed, and the rows are made again: an input that moves was made from it, whatever its name.
The question is asked about each day's flights in the hour from 16:00 UTC. From then on, all weather is other weather,
and every flight that was to leave later left and arrived at other times.
"""

from pathlib import Path

import duckdb
import pytest

from flight_delay.prepare import QUERY, make_rows

ASKED = "(extract(hour FROM time_hour AT TIME ZONE 'UTC') >= 16)"
KNOWN_LATER = ("dep_time", "dep_delay", "arr_time", "air_time")  # and arr_delay, of which the label is made
MEASURED = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib")
PARAMETERS = {"hours_ahead": 2, "late_minutes": 30}
HONEST = QUERY.read_text(encoding="utf-8")


def changed(columns: tuple[str, ...]) -> str:
    """Return how columns are replaced by other values, where the future has begun."""
    return ", ".join(f"CASE WHEN {ASKED} THEN 7 + coalesce({one} * 2, 5) ELSE {one} END AS {one}" for one in columns)


@pytest.fixture(scope="module")
def db():
    """Return a database with the flights, weather and planes of ten days, and what might have happened instead."""
    assert Path("data/flights.parquet").exists(), "There is no data: run `roadworthy run` or `roadworthy data fetch`."
    with duckdb.connect() as connection:
        for table in ("flights", "weather", "planes"):
            days = "" if table == "planes" else "WHERE month = 5 AND day <= 10"
            connection.execute(f"CREATE TABLE past_{table} AS FROM read_parquet('data/{table}.parquet') {days}")
        connection.execute("CREATE VIEW planes AS FROM past_planes")
        yield connection


def moved(db: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    """Return the columns that change when only the future changes."""
    arrival = f"CASE WHEN {ASKED} THEN 90 - 2 * arr_delay ELSE arr_delay END AS arr_delay"  # NULL stays: who arrives
    futures = {
        "past": ("past_flights", "past_weather"),
        "other": (
            f"(SELECT * REPLACE ({changed(KNOWN_LATER)}, {arrival}) FROM past_flights)",
            f"(SELECT * REPLACE ({changed(MEASURED)}) FROM past_weather)",
        ),
    }
    for name, (flights, weather) in futures.items():
        db.execute(f"CREATE OR REPLACE TEMP VIEW flights AS FROM {flights}")
        db.execute(f"CREATE OR REPLACE TEMP VIEW weather AS FROM {weather}")
        make_rows(db, PARAMETERS, query)
        db.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM rows")
    asked_now = "SELECT flight_id FROM past WHERE hour = 14"  # 18:00 UTC in May, two hours after the question
    columns = [column for column in db.table("past").columns if column not in {"flight_id", "late"}]
    differs = ", ".join(f"count(*) FILTER (past.{one} IS DISTINCT FROM other.{one}) AS {one}" for one in columns)
    both = f"past JOIN other USING (flight_id) WHERE flight_id IN ({asked_now})"
    flights, *counts = db.execute(f"SELECT count(*), {differs} FROM {both}").fetchone()
    assert flights > 300
    return [column for column, count in zip(columns, counts, strict=True) if count]


def test_no_input_knows_the_future(db):
    """What happens after the question was asked changes no input."""
    assert moved(db, HONEST) == []


def test_the_model_is_given_nothing_else(db, requirements):
    """Every input of the model is a column that the test above has watched."""
    make_rows(db, PARAMETERS)

    assert set(requirements["inputs"]["columns"]) <= set(db.table("rows").columns)


DISTANCE = "asked.distance::INTEGER AS distance"
WEATHER_HOUR = "observed.known_at = asked.asked_hour"


@pytest.mark.parametrize(
    ("line", "instead", "caught"),
    [
        pytest.param(DISTANCE, f"asked.dep_delay AS dep_delay, {DISTANCE}", ["dep_delay"], id="departure delay"),
        pytest.param(DISTANCE, f"asked.dep_delay / 60 AS congestion, {DISTANCE}", ["congestion"], id="another name"),
        pytest.param(DISTANCE, f"asked.air_time > 150 AS long_haul, {DISTANCE}", ["long_haul"], id="only a hint of it"),
        pytest.param(
            WEATHER_HOUR,
            "observed.known_at = asked.time_hour + INTERVAL 1 HOUR",
            ["wind_speed", "precip", "visibility", "humidity", "pressure"],
            id="weather at departure",
        ),
    ],
)
def test_a_column_known_later_is_refused(db, line, instead, caught):
    """The test bites: a query that looks into the future is found out, by whatever name it calls what it saw."""
    assert HONEST.count(line) == 1
    assert moved(db, HONEST.replace(line, instead)) == caught
