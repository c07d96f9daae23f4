-- One row for each flight that arrived, with what is known $hours_ahead hours before its scheduled departure.
--
-- Tables: flights, weather, planes. The columns dep_time, dep_delay, arr_time, arr_delay and air_time of `flights` are
-- known only later: arr_delay makes the label, and no column here may be made from any of them, nor from weather of
-- the last $hours_ahead hours. tests/test_no_future.py changes the future and checks that no input moves.
WITH asked AS (
    SELECT
        *,
        time_hour - to_hours($hours_ahead) AS asked_hour  -- the hour in which the question is asked
    FROM flights
    WHERE arr_delay IS NOT NULL  -- cancelled and diverted flights have no arrival delay: they are left out
),

observed AS (
    SELECT
        origin,
        time_hour + INTERVAL 1 HOUR AS known_at,  -- an hour's observation is complete when the hour is over
        CASE WHEN wind_speed BETWEEN 0 AND 120 THEN wind_speed END AS wind_speed,  -- one reading says 1048 mph
        precip,
        visib,
        humid,
        pressure
    FROM weather
)

SELECT
    printf(
        '%s-%d-%s-%04d%02d%02d-%04d',
        asked.carrier, asked.flight, asked.origin, asked.year, asked.month, asked.day, asked.sched_dep_time
    ) AS flight_id,
    make_timestamp(asked.year, asked.month, asked.day, asked.hour, asked.minute, 0) AS scheduled,  -- New York's clock
    asked.carrier AS carrier,
    asked.origin AS origin,
    asked.dest AS dest,
    asked.distance::INTEGER AS distance,  -- miles
    asked.hour::INTEGER AS hour,
    isodow(make_date(asked.year, asked.month, asked.day))::INTEGER AS weekday,  -- 1 is Monday
    observed.wind_speed::DOUBLE AS wind_speed,  -- mph
    observed.precip::DOUBLE AS precip,  -- inches
    observed.visib::DOUBLE AS visibility,  -- miles
    observed.humid::DOUBLE AS humidity,  -- percent
    observed.pressure::DOUBLE AS pressure,  -- millibars
    (asked.year - planes.year)::INTEGER AS plane_age,  -- years
    asked.arr_delay > $late_minutes AS late
FROM asked
LEFT JOIN observed  -- the last hour that was complete when the question was asked
    ON observed.origin = asked.origin
    AND observed.known_at = asked.asked_hour
LEFT JOIN planes
    ON planes.tailnum = asked.tailnum
ORDER BY scheduled, flight_id
