"""Scalar values of a scenario as pydantic types: dates, durations, switches, tables, and numbers with their bounds.

Each type reads YAML values, refuses others with one short line (what was found; what is allowed), and writes itself as
text that reads the same. Durations are integer ms, rates floats per day, dates ``datetime.date``, times of day integer
minutes after midnight. ``sim.scenario.schema.base`` combines several scalars.

Units of time: ``45 min`` is 2,700,000 ms and ``120 per day`` is 120.0 a day, exactly, and back to text. Seven integer
factors need no library of units. A strict pattern matches the text, and fractions keep the result exact until it is
rounded once.

Tables of the schema as pydantic types: a list of rows, or the name of a CSV file next to the scenario.

Bounds: the smallest and largest value of each number of a scenario, and the reason. They exclude absurd values, mostly
mistakes in a unit or an exponent, so that all numbers fit into doubles, 63 bits and identities.
``sim.scenario.schema.rules`` refuses combinations of numbers; the site lists both.
"""

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, TypeVar

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

_FILE_SCHEMA = {"type": "string", "description": "the name of a CSV file next to the scenario", "pattern": r"\.csv$"}


@dataclass(frozen=True)
class TableMarker:
    """Marks fields of the schema in which a text ending in .csv names a file of rows."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that first refuses everything except lists."""
        return core_schema.no_info_before_validator_function(_rows, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return a schema that takes a list of rows, or a file's name."""
        return {"anyOf": [_FILE_SCHEMA, handler(schema)]}


def _rows(value: object) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        allowed = "must be a list of rows or the name of a CSV file next to the scenario"
        raise refuse(f"{found(value)} is not a table", allowed)
    return tuple(value)


Table = Annotated[tuple[Row, ...], TableMarker()]


def _not_read(value: object) -> None:
    raise refuse(f"{found(value)} is not a table of draws", "must be the name of a CSV file, given in a scenario file")


CsvFile = Annotated[None, BeforeValidator(_not_read), WithJsonSchema(_FILE_SCHEMA)]
"""The name of a CSV file that loading uses and removes; one that remains is a mistake."""


NamingKind = Literal["code", "text", "key", "quantity"]
"""How a place of a scenario names a province: by code, by code as text, in a dotted key or in a quantity."""


@dataclass(frozen=True)
class Naming:
    """Marks values that name a province: ``sim.scenario.provinces`` turns names there into codes."""

    kind: NamingKind

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return a schema that also accepts names of provinces if codes are numbers."""
        inner = handler(schema)
        if self.kind != "code":
            return inner
        return {"description": "the name or the code of a province", "anyOf": [inner, {"type": "string"}]}


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


# numbers; their bounds stand below


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


def _with_unit(
    value: object, pattern: re.Pattern[str], units: Sequence[str], what: str, allowed: str
) -> tuple[Fraction, str]:
    """Return number and unit of a text, which must not be negative; raises pydantic's error for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise refuse(f"{found(value)} has no unit", allowed)
    match = pattern.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise refuse(f"{found(value)} is not a {what}", allowed)
    if match[2] not in units:
        raise refuse(f"{found(match[2])} is not a unit of time", allowed)
    number = exact(match[1])
    if number < 0:
        raise refuse(f"{found(value)} is negative", "must be 0 or more")
    return number, match[2]


def _read_duration(value: object) -> int:
    allowed = f"must be a number with a unit ({', '.join(DURATION_UNITS)}), for example '45 min'"
    number, unit = _with_unit(value, DURATION, DURATION_UNITS, "duration", allowed)
    ms = number * UNIT_MS[unit]
    if ms.denominator != 1:
        raise refuse(f"{found(value)} is not a whole number of ms", "must be a multiple of 1 ms")
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
    return float(per_day(*_with_unit(value, RATE, RATE_UNITS, "rate", allowed)))


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


def _in_calendar(value: object, pattern: re.Pattern[str], year: str, words: tuple[str, str, str]) -> dt.date:
    """Return a date that a text gives; ``words`` say what it is, in which calendar, and what is allowed."""
    what, calendar, allowed = words
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise refuse(f"{found(value)} is not {what}", allowed)
    try:
        return dt.date.fromisoformat(f"{year}{value}")
    except ValueError:
        raise refuse(f"{value} is not in the calendar{calendar}", allowed) from None


def _day(value: object) -> dt.date:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    return _in_calendar(value, DAY, "", ("a date", "", "must be a date such as 2022-11-30"))


def _year_day(value: object) -> str:
    words = "a day of the year", " of every year", "must be a month and a day such as 05-31"
    return f"{_in_calendar(value, YEAR_DAY, '2001-', words):%m-%d}"


def _window(value: object) -> tuple[dt.date, dt.date | None]:
    allowed = "must be [first day, last day] (the last day may be null)"
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise refuse(f"{found(value)} is not a window", allowed)
    start, end = _day(value[0]), None if value[1] is None else _day(value[1])
    if end is not None and end < start:
        raise refuse(f"the window ends on {end}, before it starts on {start}", f"must end on {start} or later")
    return start, end


def _half_hour(value: object) -> int:
    match = CLOCK.fullmatch(value) if isinstance(value, str) else None
    minutes = int(match[1]) * HOUR_MINUTES + int(match[2]) if match and int(match[2]) < HOUR_MINUTES else math.inf
    if minutes > DAY_MINUTES:
        raise refuse(f"{found(value)} is not a time of day", "must be a time of day from '00:00' to '24:00'")
    if minutes % (DAY_MINUTES // HALF_HOURS):
        raise refuse(f"{found(value)} is not on a half hour", "must be a full or half hour, for example '08:30'")
    return int(minutes)


def clock_text(minutes: int) -> str:
    """Return a time of day, in minutes after midnight up to 1440, as ``HH:MM``."""
    return f"{minutes // HOUR_MINUTES:02d}:{minutes % HOUR_MINUTES:02d}"


def _day_key(value: object) -> str:
    return _day(value).isoformat()


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


def _pair_schema(description: str, end: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of two ends, of which the second may be null."""
    ends = [end, {"anyOf": [end, {"type": "null"}]}]
    return {"type": "array", "description": description, "prefixItems": ends, "minItems": 2, "maxItems": 2}


_DURATION = (
    PlainSerializer(duration_text),
    WithJsonSchema(_text_schema("a duration", rf"^{NUMBER} ?({'|'.join(DURATION_UNITS)})$", "45 min")),
)
RATE_SCHEMA = _text_schema("a rate", rf"^{NUMBER} ?per ({'|'.join(RATE_UNITS)})$", "120 per day")
_DAY_SCHEMA = {"type": "string", "format": "date", "description": "a date", "examples": ["2022-11-30"]}
_YEAR_DAY_SCHEMA = _text_schema("a day of every year", r"^[0-9]{2}-[0-9]{2}$", "05-31")
_HALF_HOUR_SCHEMA = _text_schema("a half hour of the day", r"^([01]?[0-9]|2[0-4]):(00|30)$", "08:30")
_AGES_SCHEMA = _pair_schema(
    "youngest and oldest age in years, both included; null as the oldest means no end",
    {"type": "integer", "minimum": 0, "maximum": OLDEST_YEARS},
)
_WINDOW_SCHEMA = _pair_schema("first and last day, both included; null as the last day means no end", _DAY_SCHEMA)
_SWITCH_SCHEMA = {"enum": [True, False, "on", "off", "yes", "no", "true", "false"], "description": "on or off"}

Duration = Annotated[int, BeforeValidator(_duration), *_DURATION]
DurationOrZero = Annotated[int, BeforeValidator(_read_duration), *_DURATION]
Ages = Annotated[tuple[int, int | None], BeforeValidator(_ages), PlainSerializer(list), WithJsonSchema(_AGES_SCHEMA)]
"""A range of ages: people from the youngest to the oldest age, both included."""


def oldest(ages: tuple[int, int | None]) -> int:
    """Return the oldest age of a range in years."""
    return OLDEST_YEARS if ages[1] is None else ages[1]


# The oldest pydantic cannot call date.isoformat itself, which has no signature.
Day = Annotated[
    dt.date, BeforeValidator(_day), PlainSerializer(lambda day: day.isoformat()), WithJsonSchema(_DAY_SCHEMA)
]
YearDay = Annotated[str, BeforeValidator(_year_day), WithJsonSchema(_YEAR_DAY_SCHEMA)]
"""A day of every year: text, which is in order where the days are."""
DayKey = Annotated[str, BeforeValidator(_day_key), WithJsonSchema(_DAY_SCHEMA)]
"""A day as the key of a map: text, which is in order where the days are."""
Window = Annotated[
    tuple[dt.date, dt.date | None],
    BeforeValidator(_window),
    PlainSerializer(_window_text),
    WithJsonSchema(_WINDOW_SCHEMA),
]


def in_window(window: tuple[dt.date, dt.date | None], day: dt.date) -> bool:
    """Return whether a day lies in a window; both ends are included, and an open end has no date."""
    return window[0] <= day and (window[1] is None or day <= window[1])


HalfHour = Annotated[int, BeforeValidator(_half_hour), PlainSerializer(clock_text), WithJsonSchema(_HALF_HOUR_SCHEMA)]
Switch = Annotated[bool, BeforeValidator(_switch), WithJsonSchema(_SWITCH_SCHEMA)]


MILLION = 10**6
MOST_PROVINCES = 32
MOST_FRAUD_TYPES = 32
MOST_REGIONS = 16
MOST_SEGMENTS = 16
MOST_SLOTS = 65_536
MOST_PEOPLE = 2_000_000_000
"""The largest numbers that identities can hold: provinces, fraud types, slots of dens, people of a province."""

MOST_STAFF = 100_000_000
LEAST_WEIGHT = 1e-9
MOST_TRIES = 16


@dataclass(frozen=True)
class Within:
    """Inclusive bounds of a number, and the reason for them; as an annotation it refuses values outside."""

    low: float
    high: float
    why: str
    or_zero: bool = False

    kind = "number"
    """Its name in messages."""
    unit = ""
    """The unit of the bounds; the text of a value may use another one."""

    @cached_property
    def allowed(self) -> str:
        """The allowed values, in words."""
        zero = "0 or " if self.or_zero else ""
        return f"{zero}a {self.kind} from {plain(self.low)} to {plain(self.high)}{self.unit}"

    def read(self, value: object) -> float:
        """Return a value within the bounds as the schema keeps it; raises pydantic's error for others."""
        number = self._number(value)
        if self.or_zero and number == 0:
            return number
        if number < self.low:
            raise refuse(f"{found(value)} is below {plain(self.low)}{self.unit}", f"must be {self.allowed}")
        if number > self.high:
            raise refuse(f"{found(value)} is above {plain(self.high)}{self.unit}", f"must be {self.allowed}")
        return number

    def _number(self, value: object) -> float:
        return read_number(value, f"must be {self.allowed}")

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that calls ``read`` first."""
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return a schema with the bounds."""
        bounds = {"type": handler(schema)["type"], "minimum": self.low, "maximum": self.high}
        stated = {"anyOf": [{"const": 0}, bounds]} if self.or_zero else bounds
        return {"description": self.allowed, **stated}


class WholeWithin(Within):
    """Bounds of a whole number."""

    kind = "whole number"

    def _number(self, value: object) -> float:
        return read_whole(value, f"must be {self.allowed}")


class RateWithin(Within):
    """Bounds of a rate, in events a day."""

    kind = "rate"
    unit = " per day"

    def _number(self, value: object) -> float:
        return read_rate(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that calls ``read`` first, and writes a text with a unit."""
        as_text = core_schema.plain_serializer_function_ser_schema(rate_text)
        return core_schema.no_info_before_validator_function(self.read, handler(source), serialization=as_text)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema of a rate, which is text."""
        return {**RATE_SCHEMA, "description": self.allowed}


def plain(bound: float) -> str:
    """Return a bound as people write it: up to a million in digits, round numbers above it by their power of ten."""
    if float(bound).is_integer() and (abs(bound) <= MILLION or int(bound) % MILLION):
        return f"{int(bound):,}"
    digits, _, exponent = f"{bound:g}".partition("e")
    return f"{digits}e{int(exponent)}" if exponent else digits


def bounds_of(annotation: Any) -> Within:
    """Return the bounds of an annotation of this file."""
    return next(mark for mark in annotation.__metadata__ if isinstance(mark, Within))


# Without a unit.

Probability = Annotated[float, Within(0.0, 1.0, "a share or a probability")]
Retried = Annotated[float, Within(0.0, 0.99, "a share; at 1 an attempt would be sent for ever")]
Share = Annotated[float, Within(0.001, 0.999, "a share of something that is divided in two")]
Percent = Annotated[float, Within(0.0, 100.0, "a share in per cent")]
Weight = Annotated[
    float,
    Within(LEAST_WEIGHT, 1e9, "only ratios of weights matter: a billion to one is practically never", or_zero=True),
]
Factor = Annotated[float, Within(0.0, 1000.0, "a thousandfold; probabilities are cut at 1 anyway")]
Lengthening = Annotated[float, Within(1.0, 1000.0, "a thousandfold; below 1 it would shorten")]
Frozen = Annotated[float, Within(1.0, 1000.0, "a thousand units of money for each unit returned, which is one of them")]
Ratio = Annotated[float, Within(0.01, 100.0, "a hundredfold from one to the next, or a hundredth")]
Ceiling = Annotated[float, Within(1.001, 1e6, "a thousandth of room to grow, or growth to a million times")]
Elasticity = Annotated[float, Within(0.0, 10.0, "a tenth more yield gives two and a half times the effort")]
Yield = Annotated[float, Within(1e-9, 1.0, "a share above zero")]
Growth = Annotated[float, Within(-5.0, 5.0, "log units a year: 148-fold in a year, or one in 148")]
Sigma = Annotated[float, Within(0.0, 10.0, "log units: 22,000-fold at one standard deviation")]
Shape = Annotated[float, Within(0.01, 100.0, "a Weibull distribution beyond is almost constant, or almost never ends")]
Score = Annotated[float, Within(-100.0, 100.0, "standard deviations: beyond 40 nothing is uncertain")]
Step = Annotated[float, Within(0.001, 100.0, "standard deviations, as scores")]
Correlation = Annotated[
    float, Within(-0.9999, 0.9999, "at 1 both detectors are the same; close to it integrals take minutes")
]
Drift = Annotated[float, Within(0.0, 10.0, "standard deviations a day: a filter forgets everything overnight")]

# Effects of one unit.

Each = Annotated[float, Within(0.0, 1000.0, "effects of one unit: a thousand")]
Crew = Annotated[float, Within(0.0, 1e6, "people in one place: a million")]
CardsPerThousand = Annotated[float, Within(0.001, 100_000.0, "a hundred cards for each person")]
CardLoad = Annotated[float, Within(0.001, 1e6, "a card that sends twelve attempts a second")]
Money = Annotated[
    float, Within(0.01, 1e9, "a hundredth of a unit of money; half of all victims lose more, and few own a billion")
]
Amount = Annotated[float, Within(0.0, 1e13, "units of money: the largest loss that 63 bits of cents hold in sums")]
Cost = Annotated[float, Within(0.0, 1e9, "units of money for one hour, contact, video or activity: a billion")]
Spending = Annotated[float, RateWithin(0.0, 1e12, "a trillion units of money a day")]
Men = Annotated[float, Within(1.0, 10_000.0, "a hundred men for each woman, or a hundred women for each man")]

# Of the whole country.

Contacts = Annotated[float, RateWithin(0.0, 1e14, "a thousand a day for each of a hundred billion people")]
UsualContacts = Annotated[
    float, RateWithin(0.001, 1e14, "as for contacts; at 0 a filter that stops anything would lose everything")
]
Transfers = Annotated[float, RateWithin(0.0, 10.0, "transfers of one person to others: ten a day")]
Cases = Annotated[float, RateWithin(0.0, 1e9, "a billion a day")]
HazardRate = Annotated[float, RateWithin(0.0, 1000.0, "once in a minute and a half: no den survives until midnight")]
RecruitingRate = Annotated[float, RateWithin(0.0, 10.0, "a crew of one grows to 22,000 by the next midnight")]
Headcount = Annotated[float, Within(0.001, 1e9, "a billion people or leads; below a thousandth there is nothing")]
Staff = Annotated[float, Within(0, MOST_STAFF, "a hundred million at the desks of a country")]
People = Annotated[float, Within(0.0, 1e9, "a billion people")]
Count = Annotated[int, WholeWithin(0, 1e9, "a billion")]
Views = Annotated[int, WholeWithin(0, 1e15, "ten thousand for each of a hundred billion people")]
Age = Annotated[int, WholeWithin(0, 120, "years of a life")]

# Reported values, which no part of the model reads.

Reported = Annotated[float, Within(-1e18, 1e18, "close to the largest sums, in cents, that 63 bits hold")]
Tolerance = Annotated[float, Within(1e-9, 1e6, "a share of the reported value, or of a change")]
StandardError = Annotated[float, Within(0.0, 1e18, "as for reported values")]

# Of identities, tables and experiments.

Seed = Annotated[int, WholeWithin(0, 2**63 - 1, "63 bits")]
Scale = Annotated[float, Within(1e-9, 1.0, "a billionth of all people on Earth is eight people")]
Code = Annotated[int, WholeWithin(1, 99, "two digits")]
Tile = Annotated[int, WholeWithin(0, 99, "more columns or rows than a screen has room for")]
PeopleOfProvince = Annotated[int, WholeWithin(0, MOST_PEOPLE, "more than the largest country has")]
SomePeople = Annotated[float, Within(0.0001, 0.9999, "both classes of exposure contain people")]
Fatigue = Annotated[float, Within(1e-6, 1.0, "share of the effect that one more alert leaves: more than nothing")]
Slots = Annotated[int, WholeWithin(1, MOST_SLOTS, "the largest number that identities can hold")]
TypesPerDen = Annotated[int, WholeWithin(1, MOST_FRAUD_TYPES, "the largest number of fraud types")]
Hops = Annotated[int, WholeWithin(1, 8, "offices that an instruction passes through")]
TryCount = Annotated[int, WholeWithin(1, MOST_TRIES, "the largest number that random draws can distinguish")]
Lift = Annotated[int, WholeWithin(0, 3, "from the least urgent tier to the most urgent one")]
Steps = Annotated[int, WholeWithin(1, 30, "the largest number that identities can hold")]
Weekday = Annotated[int, WholeWithin(1, 7, "Monday to Sunday")]
Counted = Annotated[int, WholeWithin(1, 1e9, "a billion people or cases")]
Samples = Annotated[int, WholeWithin(1, MILLION, "a million points of a design need a million runs")]
Seeds = Annotated[int, WholeWithin(2, 1000, "a mean needs two; a thousand runs at each scale")]
Members = Annotated[int, WholeWithin(0, 10_000, "one run per draw at each step of the posterior")]
Discrepancy = Annotated[float, Within(0.0, 1.0, "a model that is further off says nothing about the figure")]

# Provinces, by name or code.

ProvinceCode = Annotated[Code, Naming("code")]
"""A province in a list of them."""

ProvinceKey = Annotated[str, Naming("text")]
"""A province as the key of a map."""

DottedKey = Annotated[str, Naming("key")]
"""The dotted key of a value of the scenario."""
