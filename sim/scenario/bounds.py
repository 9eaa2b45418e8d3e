"""The smallest and largest value of each number of a scenario, and the reason.

Bounds exclude absurd values, mostly mistakes in a unit or an exponent, so that all numbers fit into doubles, 63 bits
and identities. ``sim.scenario.schema.rules`` refuses combinations of numbers; the site lists both.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from sim.scenario import scalars
from sim.scenario.errors import found, must_be
from sim.scenario.scalars import RATE_SCHEMA, read_number, read_rate, read_whole, refuse

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
MOST_HOPS = 8
MOST_STEPS = 30


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
            raise refuse(f"{found(value)} is below {plain(self.low)}{self.unit}", must_be(self.allowed))
        if number > self.high:
            raise refuse(f"{found(value)} is above {plain(self.high)}{self.unit}", must_be(self.allowed))
        return number

    def _number(self, value: object) -> float:
        return read_number(value, must_be(self.allowed))

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
        return read_whole(value, must_be(self.allowed))


class RateWithin(Within):
    """Bounds of a rate, in events a day."""

    kind = "rate"
    unit = " per day"

    def _number(self, value: object) -> float:
        return read_rate(value)

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
    float,
    Within(-0.9999, 0.9999, "at 1 both detectors are the same; close to it integrals take minutes"),
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
Spending = Annotated[
    float,
    RateWithin(0.0, 1e12, "a trillion units of money a day"),
    PlainSerializer(scalars.rate_text),
]
Men = Annotated[float, Within(1.0, 10_000.0, "a hundred men for each woman, or a hundred women for each man")]

# Of the whole country.

Contacts = Annotated[
    float,
    RateWithin(0.0, 1e14, "a thousand a day for each of a hundred billion people"),
    PlainSerializer(scalars.rate_text),
]
UsualContacts = Annotated[
    float,
    RateWithin(0.001, 1e14, "as for contacts; at 0 a filter that stops anything would lose everything"),
    PlainSerializer(scalars.rate_text),
]
Transfers = Annotated[
    float,
    RateWithin(0.0, 10.0, "transfers of one person to others: ten a day"),
    PlainSerializer(scalars.rate_text),
]
Cases = Annotated[float, RateWithin(0.0, 1e9, "a billion a day"), PlainSerializer(scalars.rate_text)]
HazardRate = Annotated[
    float,
    RateWithin(0.0, 1000.0, "once in a minute and a half: no den survives until midnight"),
    PlainSerializer(scalars.rate_text),
]
RecruitingRate = Annotated[
    float,
    RateWithin(0.0, 10.0, "a crew of one grows to 22,000 by the next midnight"),
    PlainSerializer(scalars.rate_text),
]
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
Hops = Annotated[int, WholeWithin(1, MOST_HOPS, "offices that an instruction passes through")]
TryCount = Annotated[int, WholeWithin(1, MOST_TRIES, "the largest number that random draws can distinguish")]
Lift = Annotated[int, WholeWithin(0, 3, "from the least urgent tier to the most urgent one")]
Steps = Annotated[int, WholeWithin(1, MOST_STEPS, "the largest number that identities can hold")]
Weekday = Annotated[int, WholeWithin(1, 7, "Monday to Sunday")]
Counted = Annotated[int, WholeWithin(1, 1e9, "a billion people or cases")]
Samples = Annotated[int, WholeWithin(1, MILLION, "a million points of a design need a million runs")]
Seeds = Annotated[int, WholeWithin(2, 1000, "a mean needs two; a thousand runs at each scale")]
Members = Annotated[int, WholeWithin(0, 10_000, "one run per draw at each step of the posterior")]
Discrepancy = Annotated[float, Within(0.0, 1.0, "a model that is further off says nothing about the figure")]
