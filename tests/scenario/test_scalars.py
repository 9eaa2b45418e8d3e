"""Values with units are read exactly and written so that they read the same."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sim.scenario import bounds as b
from sim.scenario.schema.base import Distribution, Kind


def read(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


def written(kind: Any, value: object) -> Any:
    adapter = TypeAdapter(kind)
    return adapter.dump_python(adapter.validate_python(value), mode="json")


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("45 min", 2_700_000),
        ("0.1 s", 100),
        ("1ms", 1),
        ("2.5 h", 9_000_000),
        ("1 week", 604_800_000),
        ("1_000 s", 1_000_000),
        ("1e3 ms", 1000),
        ("92 d", 7_948_800_000),
        ("0.003 s", 3),
    ],
)
def test_durations_are_exact(text: str, ms: int) -> None:
    assert read(b.Duration, text) == ms


@pytest.mark.parametrize("text", ["45", "45 mins", "-1 s", "1 year", "0 s", "0.5 ms", "1 s + 1 s", "1e99 week", ""])
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(ValidationError):
        read(b.Duration, text)


@given(st.integers(0, 36_525 * 86_400_000))
def test_durations_write_themselves(ms: int) -> None:
    text = written(b.DurationOrZero, f"{ms} ms")
    assert read(b.DurationOrZero, text) == ms


@pytest.mark.parametrize(
    ("text", "rate"),
    [("120 per day", 120.0), ("1 per s", 86_400.0), ("7 per week", 1.0), ("365.25 per year", 1.0), ("2 per h", 48.0)],
)
def test_rates_are_per_day(text: str, rate: float) -> None:
    assert read(b.Contacts, text) == rate


@example(1.0, "week")
@given(
    st.one_of(st.floats(1e-9, 1e9), st.integers(1, 10**9).map(float)),
    st.sampled_from(["s", "min", "h", "day", "d", "week", "year"]),
)
def test_rates_write_themselves(number: float, unit: str) -> None:
    text = f"{number:.15f} per {unit}" if number < 1 else f"{number:.3f} per {unit}"
    rate = read(b.Contacts, text)
    assert read(b.Contacts, written(b.Contacts, text)) == rate


@pytest.mark.parametrize("kind", [b.Score, b.Money, b.Factor, b.Probability, b.Count])
@pytest.mark.parametrize("value", [True, "1", None, float("nan"), float("inf"), 10**400, [1], {}])
def test_numbers_are_nothing_else(kind: Any, value: object) -> None:
    with pytest.raises(ValidationError):
        read(kind, value)


@pytest.mark.parametrize(
    ("kind", "inside", "outside"),
    [
        (b.Score, [-100, 0.5, 100], [-100.1, 101]),
        (b.Weight, [0, 1e-9, 3.5, 1e9], [-1e-9, 5e-10, 1.1e9]),
        (b.Probability, [0, 1, 0.5], [-1e-9, 1 + 1e-9]),
        (b.Count, [0, 1_000, 2.0, 10**9], [-1, 0.5, 10**9 + 1]),
        (b.Seed, [0, 2**63 - 1], [-1, 2**63]),
    ],
)
def test_bounds_of_numbers(kind: Any, inside: list[float], outside: list[float]) -> None:
    assert [read(kind, value) for value in inside] == inside
    for value in outside:
        with pytest.raises(ValidationError):
            read(kind, value)


def test_bounds_of_rates_are_told_in_their_own_unit() -> None:
    assert read(b.Cases, "1e9 per day") == 1e9
    with pytest.raises(ValidationError, match="'1e9 per s' is above 1e9 per day; must be a rate from 0 to 1e9 per day"):
        read(b.Cases, "1e9 per s")


def test_ages_are_whole_years_with_or_without_an_end() -> None:
    assert read(b.Ages, [60, None]) == (60, None)
    assert read(b.Ages, [0, 0]) == (0, 0)
    assert written(b.Ages, [18, 30]) == [18, 30]


@pytest.mark.parametrize(
    "value", [[31, 30], [-1, 30], [60], [60, 70, 80], 60, "60+", [60.5, None], [None, 60], [0, 151], [True, None]]
)
def test_other_ages_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="must"):
        read(b.Ages, value)


def test_days_windows_and_times() -> None:
    assert read(b.Day, "2022-11-30") == read(b.Day, dt.date(2022, 11, 30)) == dt.date(2022, 11, 30)
    assert read(b.Window, ["2022-01-01", None]) == (dt.date(2022, 1, 1), None)
    assert written(b.Window, ["2022-01-01", "2022-01-01"]) == ["2022-01-01", "2022-01-01"]
    assert [read(b.HalfHour, text) for text in ("00:00", "8:30", "24:00")] == [0, 510, 1440]
    assert read(b.HalfHour, "08:30") == 510
    for kind, value in [
        (b.Day, "2022-02-30"),
        (b.Day, dt.datetime(2022, 1, 1, 12)),
        (b.Window, ["2022-01-02", "2022-01-01"]),
        (b.HalfHour, "24:01"),
        (b.HalfHour, "08:60"),
        (b.HalfHour, "08:15"),
    ]:
        with pytest.raises(ValidationError):
            read(kind, value)


@pytest.mark.parametrize("text", ["on", "ON", "yes", "true", True])
def test_switched_on(text: object) -> None:
    assert read(b.Switch, text) is True


@pytest.mark.parametrize("text", ["off", "no", "False", False])
def test_switched_off(text: object) -> None:
    assert read(b.Switch, text) is False


@pytest.mark.parametrize(
    ("value", "kind", "a", "b"),
    [
        ("5 min", Kind.CONSTANT, 300_000.0, 0.0),
        ({"constant": "0 s"}, Kind.CONSTANT, 0.0, 0.0),
        ({"uniform": {"low": "1 s", "high": "2 s"}}, Kind.UNIFORM, 1000.0, 2000.0),
        ({"exponential": {"mean": "1 h"}}, Kind.EXPONENTIAL, 3_600_000.0, 0.0),
        ({"lognormal": {"sigma": 0.5, "median": "90 min"}}, Kind.LOGNORMAL, 5_400_000.0, 0.5),
        ({"weibull": {"scale": "1 s", "shape": 2}}, Kind.WEIBULL, 1000.0, 2.0),
    ],
)
def test_distributions(value: object, kind: Kind, a: float, b: float) -> None:
    distribution = read(Distribution, value)
    assert (distribution.kind, distribution.a, distribution.b) == (kind, a, b)
    assert read(Distribution, written(Distribution, value)) == distribution
