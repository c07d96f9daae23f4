"""Join flights, weather and planes into rows, split by time: train on the past, test on what came after."""

from pathlib import Path
from typing import Any

import duckdb
import yaml

QUERY = Path(__file__).with_name("features.sql")


def main() -> None:
    """Write build/train.parquet, build/test.parquet and build/later.parquet."""
    parameters = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["prepare"]
    Path("build").mkdir(exist_ok=True)
    with duckdb.connect() as db:
        for table in ("flights", "weather", "planes"):
            db.execute(f"CREATE VIEW {table} AS FROM read_parquet('data/{table}.parquet')")
        make_rows(db, parameters)
        if parameters["rows"]:
            keep_sample(db, parameters["rows"])
        test, later = parameters["test_from"], parameters["later_from"]
        write(db, "build/train.parquet", f"scheduled < '{test}'")
        write(db, "build/test.parquet", f"scheduled >= '{test}' AND scheduled < '{later}'")
        write(db, "build/later.parquet", f"scheduled >= '{later}'")


def make_rows(db: duckdb.DuckDBPyConnection, parameters: dict[str, Any], query: str | None = None) -> None:
    """Make the table `rows` from the tables flights, weather and planes."""
    known = {name: parameters[name] for name in ("hours_ahead", "late_minutes")}
    db.execute(f"CREATE OR REPLACE TEMP TABLE rows AS {query or QUERY.read_text(encoding='utf-8')}", known)


def keep_sample(db: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Keep this many rows, the same ones each time."""
    kept = f"SELECT flight_id FROM rows ORDER BY md5(flight_id) LIMIT {int(rows)}"
    db.execute(f"DELETE FROM rows WHERE flight_id NOT IN ({kept})")


def write(db: duckdb.DuckDBPyConnection, path: str, where: str) -> None:
    """Write the rows where a condition holds, in order."""
    db.execute(f"COPY (FROM rows WHERE {where} ORDER BY scheduled, flight_id) TO '{path}' (FORMAT parquet)")


if __name__ == "__main__":
    main()
