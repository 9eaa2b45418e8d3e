"""Scalar values of a scenario as pydantic types: numbers, durations, rates, dates, times of day, switches, tables.

Units of time: ``45 min`` is 2,700,000 ms and ``120 per day`` is 120.0 a day, exactly, and back to text.

Seven integer factors need no library of units. A strict pattern matches the text, and fractions keep the result exact
until it is rounded once.

Tables of the schema as pydantic types: a list of rows, or the name of a CSV file next to the scenario.

Each type reads YAML values, refuses others with one short line (what was found; what is allowed), and writes itself as
text that reads the same. Durations are integer ms, rates floats per day, dates ``datetime.date``, times of day integer
minutes after midnight. ``sim.scenario.distributions`` combines several scalars.
"""

import datetime as dt
import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sim.base.days import DAY_MS, HALF_HOURS, HOUR_MS, MINUTE_MS, YEAR_DAYS
from sim.scenario.errors import found

UNIT_MS = {
    "ms": 1,
    "s": 1000,
    "min": MINUTE_MS,
    "h": HOUR_MS,
    "d": DAY_MS,
    "day": DAY_MS,
    "week": 7 * DAY_MS,
    "year": int(YEAR_DAYS * DAY_MS),
}
"""Milliseconds of each unit; a day has two names."""

DURATION_UNITS = ("ms", "s", "min", "h", "d", "week")
RATE_UNITS = ("s", "min", "h", "day", "d", "week", "year")

NUMBER = r"[+-]?[0-9](?:[0-9_]{0,17}[0-9])?(?:\.[0-9]{1,25})?(?:[eE][+-]?[0-9]{1,2})?"
DURATION = re.compile(rf"({NUMBER}) ?([A-Za-zµ]{{1,12}})", re.ASCII)
RATE = re.compile(rf"({NUMBER}) ?per ([A-Za-z]{{1,12}})", re.ASCII)

LARGEST_WHOLE = 1e9
"""Whole numbers below it are written in full."""

DIGITS = (6, 9, 12, 15, 16, 17)
"""Significant digits tried for a rate; 17 distinguish any two doubles."""


def exact(number: str) -> Fraction:
    """Return the number of a text that matches ``NUMBER``."""
    return Fraction(number.replace("_", ""))


def milliseconds(number: Fraction, unit: str) -> Fraction:
    """Return a duration in ms; ``unit`` is one of ``DURATION_UNITS``."""
    return number * UNIT_MS[unit]


def per_day(number: Fraction, unit: str) -> Fraction:
    """Return a rate per day; ``unit`` is one of ``RATE_UNITS``."""
    return number * DAY_MS / UNIT_MS[unit]


def duration_text(ms: int) -> str:
    """Return a duration in the largest unit, up to days, that divides it: 2,700,000 is ``45 min``."""
    if ms == 0:
        return "0 s"
    unit = next(unit for unit in ("d", "h", "min", "s", "ms") if ms % UNIT_MS[unit] == 0)
    return f"{ms // UNIT_MS[unit]} {unit}"


@lru_cache(maxsize=4096)
def rate_text(rate: float) -> str:
    """Return a rate a day as text that reads back the same, whole rates ``per day``, others as short as possible."""
    if rate.is_integer() and rate < LARGEST_WHOLE:
        return f"{int(rate)} per day"
    texts = []
    for unit in ("day", "year", "h"):
        number = float(Fraction(rate) * UNIT_MS[unit] / DAY_MS)
        is_whole = number.is_integer() and number < LARGEST_WHOLE
        for digits in DIGITS:
            text = str(int(number)) if is_whole else f"{number:.{digits}g}"
            if float(per_day(exact(text), unit)) == rate:
                texts.append(f"{text.replace('e+', 'e')} per {unit}")
                break
    return min(texts, key=len)  # the first of equals; per day there is always one


Row = TypeVar("Row")


@dataclass(frozen=True)
class TableMarker:
    """Marks fields of the schema in which a text ending in .csv names a file of rows."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that first refuses everything except lists."""
        return core_schema.no_info_before_validator_function(_rows, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return a schema that takes a list of rows, or a file's name."""
        file = {"type": "string", "description": "the name of a CSV file next to the scenario", "pattern": r"\.csv$"}
        return {"anyOf": [file, handler(schema)]}


def _rows(value: object) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise refuse(
            f"{found(value)} is not a table", "must be a list of rows or the name of a CSV file next to the scenario"
        )
    return tuple(value)


Table = Annotated[tuple[Row, ...], TableMarker()]


def _not_read(value: object) -> None:
    raise refuse(f"{found(value)} is not a table of draws", "must be the name of a CSV file, given in a scenario file")


CsvFile = Annotated[
    None,
    BeforeValidator(_not_read),
    WithJsonSchema(
        {"type": "string", "description": "the name of a CSV file next to the scenario", "pattern": r"\.csv$"}
    ),
]
"""The name of a CSV file that loading uses and removes; one that remains is a mistake."""


LONGEST_DAYS = 36_525
"""A hundred years: a longer duration is a mistake in the unit."""

OLDEST_YEARS = 150
"""Nobody lives longer: a larger number is a mistake in the unit."""

HOUR_MINUTES = 60
DAY_MINUTES = 24 * HOUR_MINUTES

CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
YEAR_DAY = re.compile(r"[0-9]{2}-[0-9]{2}", re.ASCII)


def refuse(what: str, allowed: str) -> PydanticCustomError:
    """Return an error with the two halves of a message: what is wrong; what is allowed."""
    return PydanticCustomError("quantity", "{what}; {allowed}", {"what": what, "allowed": allowed})


# numbers; ``sim.scenario.bounds`` has their bounds


def read_number(value: object, allowed: str) -> float:
    """Return a finite number; raises pydantic's error for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse(f"{found(value)} is not a number", allowed)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise refuse(f"{found(value)} is not finite", allowed)
    return number


def read_whole(value: object, allowed: str) -> int:
    """Return a whole number; raises pydantic's error for anything else."""
    number = read_number(value, allowed)
    if not number.is_integer():
        raise refuse(f"{found(value)} is not whole", allowed)
    return value if isinstance(value, int) else int(number)


# durations and rates


def _read_duration(value: object) -> int:
    allowed = f"must be a number with a unit ({', '.join(DURATION_UNITS)}), for example '45 min'"
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise refuse(f"{found(value)} has no unit", allowed)
    match = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise refuse(f"{found(value)} is not a duration", allowed)
    number, unit = exact(match[1]), match[2]
    if unit not in DURATION_UNITS:
        raise refuse(f"{found(unit)} is not a unit of time", allowed)
    ms = milliseconds(number, unit)
    if ms.denominator != 1:
        raise refuse(f"{found(value)} is not a whole number of ms", "must be a multiple of 1 ms")
    if ms < 0:
        raise refuse(f"{found(value)} is negative", "must be 0 or longer")
    if ms > LONGEST_DAYS * DAY_MS:
        raise refuse(f"{found(value)} is too long", f"must be at most {LONGEST_DAYS} d")
    return int(ms)


def _duration(value: object) -> int:
    ms = _read_duration(value)
    if ms == 0:
        raise refuse(f"{found(value)} is zero", "must be longer than zero")
    return ms


def read_rate(value: object) -> float:
    """Return a rate in events a day, read from a text with its unit; raises pydantic's error for anything else."""
    allowed = f"must be a number per {', '.join(u for u in RATE_UNITS if u != 'd')}, for example '120 per day'"
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise refuse(f"{found(value)} has no unit", allowed)
    match = RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise refuse(f"{found(value)} is not a rate", allowed)
    number, unit = exact(match[1]), match[2]
    if unit not in RATE_UNITS:
        raise refuse(f"{found(unit)} is not a unit of time", allowed)
    if number < 0:
        raise refuse(f"{found(value)} is negative", "must be 0 or more")
    return float(per_day(number, unit))


# ages


def _ages(value: object) -> tuple[int, int | None]:
    allowed = "must be [youngest, oldest] in whole years (the oldest may be null), for example [60, null]"
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise refuse(f"{found(value)} is not a range of ages", allowed)
    low = _years(value[0], allowed)
    high = None if value[1] is None else _years(value[1], allowed)
    if high is not None and high < low:
        raise refuse(f"the ages end at {high}, before they start at {low}", f"must end at {low} or later")
    return low, high


def _years(value: object, allowed: str) -> int:
    years = read_whole(value, allowed)
    if not 0 <= years <= OLDEST_YEARS:
        raise refuse(f"{found(value)} is not an age", f"must be 0 to {OLDEST_YEARS} years")
    return years


# days and times of day


def _day(value: object) -> dt.date:
    allowed = "must be a date such as 2022-11-30"
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if not isinstance(value, str) or DAY.fullmatch(value) is None:
        raise refuse(f"{found(value)} is not a date", allowed)
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise refuse(f"{value} is not in the calendar", allowed) from None


def _window(value: object) -> tuple[dt.date, dt.date | None]:
    allowed = "must be [first day, last day] (the last day may be null)"
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise refuse(f"{found(value)} is not a window", allowed)
    start, end = _day(value[0]), None if value[1] is None else _day(value[1])
    if end is not None and end < start:
        raise refuse(f"the window ends on {end}, before it starts on {start}", f"must end on {start} or later")
    return start, end


def _clock(value: object) -> int:
    allowed = "must be a time of day from '00:00' to '24:00'"
    match = CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise refuse(f"{found(value)} is not a time of day", allowed)
    hours, minutes = int(match[1]), int(match[2])
    if minutes >= HOUR_MINUTES or hours * HOUR_MINUTES + minutes > DAY_MINUTES:
        raise refuse(f"{found(value)} is not a time of day", allowed)
    return hours * HOUR_MINUTES + minutes


def _half_hour(value: object) -> int:
    minutes = _clock(value)
    if minutes % (DAY_MINUTES // HALF_HOURS):
        raise refuse(f"{found(value)} is not on a half hour", "must be a full or half hour, for example '08:30'")
    return minutes


def clock_text(minutes: int) -> str:
    """Return a time of day, in minutes after midnight up to 1440, as ``HH:MM``."""
    return f"{minutes // HOUR_MINUTES:02d}:{minutes % HOUR_MINUTES:02d}"


def _year_day(value: object) -> str:
    allowed = "must be a month and a day such as 05-31"
    if not isinstance(value, str) or YEAR_DAY.fullmatch(value) is None:
        raise refuse(f"{found(value)} is not a day of the year", allowed)
    try:
        dt.date.fromisoformat(f"2001-{value}")
    except ValueError:
        raise refuse(f"{value} is not in the calendar of every year", allowed) from None
    return value


def _day_text(day: dt.date) -> str:
    return day.isoformat()


def _day_key(value: object) -> str:
    return _day_text(_day(value))


def _window_text(window: tuple[dt.date, dt.date | None]) -> list[str | None]:
    return [None if day is None else day.isoformat() for day in window]


# switches

SWITCH = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in SWITCH:
        return SWITCH[value.lower()]
    raise refuse(f"{found(value)} is neither on nor off", "must be on or off")


def _text_schema(description: str, pattern: str, example: str) -> dict[str, Any]:
    return {"type": "string", "description": description, "pattern": pattern, "examples": [example]}


_DURATION_SCHEMA = _text_schema("a duration", rf"^{NUMBER} ?({'|'.join(DURATION_UNITS)})$", "45 min")
RATE_SCHEMA = _text_schema("a rate", rf"^{NUMBER} ?per ({'|'.join(RATE_UNITS)})$", "120 per day")
_DAY_SCHEMA = {"type": "string", "format": "date", "description": "a date", "examples": ["2022-11-30"]}
_YEAR_DAY_SCHEMA = _text_schema("a day of every year", r"^[0-9]{2}-[0-9]{2}$", "05-31")
_CLOCK_SCHEMA = _text_schema("a time of day", r"^([01]?[0-9]|2[0-4]):[0-5][0-9]$", "08:30")
_HALF_HOUR_SCHEMA = _text_schema("a half hour of the day", r"^([01]?[0-9]|2[0-4]):(00|30)$", "08:30")

Duration = Annotated[int, BeforeValidator(_duration), PlainSerializer(duration_text), WithJsonSchema(_DURATION_SCHEMA)]
DurationOrZero = Annotated[
    int,
    BeforeValidator(_read_duration),
    PlainSerializer(duration_text),
    WithJsonSchema(_DURATION_SCHEMA),
]
Ages = Annotated[
    tuple[int, int | None],
    BeforeValidator(_ages),
    PlainSerializer(list),
    WithJsonSchema(
        {
            "type": "array",
            "description": "youngest and oldest age in years, both included; null as the oldest means no end",
            "prefixItems": [
                {"type": "integer", "minimum": 0, "maximum": OLDEST_YEARS},
                {"anyOf": [{"type": "integer", "minimum": 0, "maximum": OLDEST_YEARS}, {"type": "null"}]},
            ],
            "minItems": 2,
            "maxItems": 2,
        }
    ),
]
"""A range of ages: people from the youngest to the oldest age, both included."""


def oldest(ages: tuple[int, int | None]) -> int:
    """Return the oldest age of a range in years."""
    return OLDEST_YEARS if ages[1] is None else ages[1]


Day = Annotated[dt.date, BeforeValidator(_day), PlainSerializer(_day_text), WithJsonSchema(_DAY_SCHEMA)]
YearDay = Annotated[str, BeforeValidator(_year_day), WithJsonSchema(_YEAR_DAY_SCHEMA)]
"""A day of every year: text, which is in order where the days are."""
DayKey = Annotated[str, BeforeValidator(_day_key), WithJsonSchema(_DAY_SCHEMA)]
"""A day as the key of a map: text, which is in order where the days are."""
Window = Annotated[
    tuple[dt.date, dt.date | None],
    BeforeValidator(_window),
    PlainSerializer(_window_text),
    WithJsonSchema(
        {
            "type": "array",
            "description": "first and last day, both included; null as the last day means no end",
            "prefixItems": [_DAY_SCHEMA, {"anyOf": [_DAY_SCHEMA, {"type": "null"}]}],
            "minItems": 2,
            "maxItems": 2,
        }
    ),
]
Clock = Annotated[int, BeforeValidator(_clock), PlainSerializer(clock_text), WithJsonSchema(_CLOCK_SCHEMA)]
HalfHour = Annotated[int, BeforeValidator(_half_hour), PlainSerializer(clock_text), WithJsonSchema(_HALF_HOUR_SCHEMA)]
Switch = Annotated[
    bool,
    BeforeValidator(_switch),
    WithJsonSchema({"enum": [True, False, "on", "off", "yes", "no", "true", "false"], "description": "on or off"}),
]
