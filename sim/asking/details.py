"""How much, when, where and for whom: what a clause says of a lever, apart from the lever's name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sim.asking.words import CHINESE, folded, has, terms
from sim.language.dates import month_alone
from sim.language.labels import named
from sim.language.spoken import marked, speaking

Days = tuple[date | None, date | None]
"""First and last day; None where a clause names none."""

FACTORS = {
    2.0: marked("twice, double, doubled, doubling, twofold, two times, both times as many"),
    3.0: marked("triple, tripled, threefold, three times, thrice"),
    4.0: marked("four times, fourfold, quadruple"),
    5.0: marked("five times, fivefold"),
    10.0: marked("ten times, tenfold"),
    1.5: marked("half as many again, half as much again, half again, one and a half times"),
}
"""Words for factors."""

SHARES = {
    0.5: marked("half, halve, halved, halving, one half, fifty per cent"),
    0.33: marked("a third, one third"),
    0.25: marked("a quarter, one quarter"),
    0.1: marked("a tenth, one tenth, ten per cent"),
    1.0: marked("all, every, everybody, everyone, entirely, completely"),
}
"""Words for shares; with a word for more or less they are changes by that share."""

MORE = marked(
    "more, increase, increased, raise, raised, add, added, additional, extra, higher, larger, larger number, stronger, "
    "better, longer, grow, stricter, tighter"
)
LESS = marked(
    "fewer, less, reduce, reduced, cut, lower, lowered, smaller, weaker, worse, shorter, shrink, shrunk, drop, looser"
)
FASTER, SLOWER = marked("faster, sooner, quicker, quickly, fast, quick"), marked("slower, later, slowly, slow")
AS_MANY = marked("as many, as much, as often")
AS_FAST, AGAIN = marked("as fast, as quick, as quickly, as soon"), marked("again")
WITHOUT = marked("without, no, none, remove, removed, abolish, abolished, scrap, scrapped, never, absence of")
FROM, UNTIL = marked("from, since, as of, starting, beginning"), marked("until, till, up to, to the end of, through")
EARLIER, LATER = marked("earlier"), marked("later")
ABOVE = marked("above, over, more than, exceeding, larger than, of at least")
OLDER, YOUNGER = (
    marked("and over, and older, or older, years and over"),
    marked("under, younger than, below the age of"),
)
OLD, YOUNG = marked("old people, older people, the old, elderly, pensioners, seniors"), marked("young people, youth")
TIMES, PER_CENT = marked("times, fold, times as many"), marked("%, per cent, percent")
THOUSAND, MILLION = marked("thousand, k"), marked("million, millions")
IN_A_HUNDRED = marked("in, out of")
UNITS = {
    "min": marked("minute, minutes, min"),
    "h": marked("hour, hours, h"),
    "d": marked("day, days, d"),
    "week": marked("week, weeks"),
    "month": marked("month, months"),
    "year": marked("year, years"),
}
"""Units of time, and their words."""

COUNTS = {
    1: marked("one, a, an"),
    2: marked("two"),
    3: marked("three"),
    4: marked("four"),
    5: marked("five"),
    6: marked("six"),
    7: marked("seven"),
    8: marked("eight"),
    9: marked("nine"),
    10: marked("ten"),
    11: marked("eleven"),
    12: marked("twelve"),
    24: marked("twenty four"),
    48: marked("forty eight"),
}
"""Words for numbers before a unit of time."""

OLD_AGE, YOUNG_AGES = 60, (18, 30)
"""From which age people are old, and the ages of the young, where a question names none."""

OLDEST = 110
"""Numbers after "over" are ages up to this."""

NUMBER = r"(\d+(?:,\d{3})*(?:\.\d+)?|\d+\.\d+)"
MONEY = r"(?:yuan|rmb|dollars?|s\$|crowns?|euros?|元|couronnes?)"
"""Words for units of money."""


@dataclass(frozen=True)
class Details:
    """What a clause says apart from the name of a lever; None or 0 where it does not say it.

    Attributes:
        factor: The new value over the old one.
        share: A share that is named without more or less.
        number: A number without a unit.
        more: 1 for more, -1 for less.
        faster: 1 for faster, -1 for slower.
        without: Whether it is taken away.
        window: First and last day in force.
        months: How many months earlier (negative) or later it begins.
        provinces: Codes of provinces.
        ages: First and last age in years, both included.
        above: The smallest amount of money.
        time: A time with its unit, such as ``24 h``.
        rest: The folded text without all this.
    """

    factor: float | None = None
    share: float | None = None
    number: float | None = None
    more: int = 0
    faster: int = 0
    without: bool = False
    window: Days | None = None
    months: int | None = None
    provinces: tuple[int, ...] = ()
    ages: tuple[int, int | None] | None = None
    above: float | None = None
    time: str | None = None
    rest: str = ""

    def lent(self, other: "Details") -> "Details":
        """Return these details, with those of another clause where they say nothing."""
        return replace(
            self,
            window=self.window or other.window,
            provinces=self.provinces or other.provinces,
            ages=self.ages or other.ages,
            time=self.time or other.time,
            above=self.above if self.above is not None else other.above,
        )

    @property
    def changes(self) -> bool:
        """Whether it says how much."""
        return self.without or any(one is not None for one in (self.factor, self.share, self.number, self.months))


class _Text:
    """A folded text from which what was read is taken out."""

    def __init__(self, text: str, language: str) -> None:
        self.text, self.language = text, language

    def take(self, pattern: str) -> re.Match[str] | None:
        """Find a pattern, and take it out of the text."""
        match = re.search(pattern, self.text)
        if match is not None:
            self.text = f"{self.text[: match.start()]} {self.text[match.end() :]}"
        return match

    def one_of(self, words: str) -> str:
        """Return the pattern of any term of a list."""
        return either(words, self.language)


def either(words: str, language: str) -> str:
    """Return the pattern of any term of a list in a language; words end where letters do."""
    found = sorted(terms(words, language), key=lambda one: (-len(one), one))
    return "(?:" + "|".join(_bounded(one) for one in found) + ")"


def _bounded(term: str) -> str:
    if CHINESE.search(term) or not term[0].isalpha():
        return re.escape(term)
    return rf"(?<![a-z]){re.escape(term)}(?![a-z])"


def details(text: str, language: str, names: Mapping[int, str]) -> Details:
    """Read the details of a clause.

    Args:
        text: The clause, folded.
        language: Its language.
        names: The provinces of the base by their codes.

    Returns:
        What it says.
    """
    left = _Text(text, language)
    found: dict[str, Any] = {"provinces": _provinces(left, names)}
    found["months"] = _months(left)
    found["window"] = _window(left)
    found["ages"] = _ages(left)
    found["above"] = _above(left)
    found["time"] = _time(left)
    found |= _change(left)
    return Details(**found, rest=" ".join(left.text.split()))


def _provinces(left: _Text, names: Mapping[int, str]) -> tuple[int, ...]:
    with speaking(left.language):
        written = [(code, folded(one)) for code, name in names.items() for one in {name, named(name)}]
    found = []
    for code, name in sorted(written, key=lambda pair: (-len(pair[1]), pair)):
        if left.take(_bounded(name)):
            found.append(code)
    return tuple(sorted(set(found)))


def _months(left: _Text) -> int | None:
    counted = _counted(left, ("month", "year"))
    later = rf"(?:(?P<later>{left.one_of(LATER)})|{left.one_of(EARLIER)})"
    match = left.take(rf"{counted}\s*{later}") or left.take(rf"{later}了?\s*{counted}")
    if match is None:
        return None
    size = _count(match, left.language) * (12 if match["unit"] in terms(UNITS["year"], left.language) else 1)
    return round(size) if match["later"] else -round(size)


def _window(left: _Text) -> Days | None:
    start, end, seen = None, None, False
    while match := left.take(_day_pattern(left)):
        first, last = _span(match, left.language)
        seen = True
        if match["until"]:
            end = last
        elif match["from"]:
            start = first
        else:
            start, end = start or first, last
    return (start, end) if seen else None


def _day_pattern(left: _Text) -> str:
    with speaking(left.language):
        months = "|".join(re.escape(folded(month_alone(number))) for number in range(12, 0, -1))
    day = rf"(?:(?P<day>\d{{1,2}})(?:er|st|nd|rd|th)?\s+)?(?P<month>{months})\s+(?P<year>\d{{4}})"
    chinese = r"(?P<year_zh>\d{4})年(?:(?P<month_zh>\d{1,2})月(?:(?P<day_zh>\d{1,2})日)?)?"
    iso = r"(?P<year_iso>\d{4}) (?P<month_iso>\d{2})(?: (?P<day_iso>\d{2}))?"  # folded, so without hyphens
    iso += r"|(?<![\d,])(?P<alone>20[0-4]\d)(?![\d,])"
    before = rf"(?:(?P<until>{left.one_of(UNTIL)})|(?P<from>{left.one_of(FROM)}))?\s*(?:the\s+)?"
    return rf"{before}(?:{day}|{chinese}|{iso})"


def _span(match: re.Match[str], language: str) -> tuple[date, date]:
    """Return the first and the last day of what a pattern of days has found."""
    year = int(next(one for one in map(match.group, ("year", "year_zh", "year_iso", "alone")) if one))
    month = next((one for one in map(match.group, ("month", "month_zh", "month_iso")) if one), None)
    day = next((one for one in map(match.group, ("day", "day_zh", "day_iso")) if one), None)
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    with speaking(language):
        called = {folded(month_alone(number)): number for number in range(1, 13)}
    number = called.get(month) or int(month)
    try:
        first = date(year, number, int(day or 1))
    except ValueError:  # a day that no month has
        first = date(year, min(max(number, 1), 12), 1)
    if day:
        return first, first
    following = date(year + number // 12, number % 12 + 1, 1)
    return first, following - timedelta(days=1)


def _ages(left: _Text) -> tuple[int, int | None] | None:
    age = r"(\d{1,3})(?!\d|,\d)"
    unit = rf"(?!\s*(?:{left.one_of(UNITS['h'])}|{left.one_of(UNITS['d'])}|{left.one_of(PER_CENT)}|{MONEY}))"
    patterns = (
        (rf"{age}\s*(?:to|a|-|至|到)\s*{age}\s*(?:year|years|ans|岁)", lambda one: (int(one[1]), int(one[2]))),
        (rf"{age}\s*(?:years?|ans|岁)?\s*{left.one_of(OLDER)}", lambda one: (int(one[1]), None)),
        (rf"{left.one_of(ABOVE)}\s*(?:the age of\s*)?{age}s?{unit}", lambda one: (int(one[1]), None)),
        (rf"{left.one_of(YOUNGER)}\s*{age}{unit}", lambda one: (0, int(one[1]) - 1)),
        (left.one_of(OLD), lambda one: (OLD_AGE, None)),
        (left.one_of(YOUNG), lambda one: YOUNG_AGES),
    )
    for pattern, read in patterns:
        match = re.search(pattern, left.text)
        if match is not None and (ages := read(match))[0] <= OLDEST:
            left.take(pattern)
            return ages[0], ages[1]
    return None


def _above(left: _Text) -> float | None:
    size = rf"{NUMBER}\s*(?P<many>{left.one_of(THOUSAND)}|{left.one_of(MILLION)}|万)?"
    match = left.take(rf"{left.one_of(ABOVE)}\s*(?:s\$)?\s*{size}\s*{MONEY}?") or left.take(rf"{size}\s*{MONEY}")
    if match is None:
        return None
    many = match["many"] or ""
    by = 1e4 if many == "万" else 1e3 if many in terms(THOUSAND, left.language) else 1e6 if many else 1.0
    return _number(match[1]) * by


def _time(left: _Text) -> str | None:
    match = left.take(_counted(left, ("min", "h", "d", "week", "month")))
    if match is None:
        return None
    unit = next(unit for unit, words in UNITS.items() if match["unit"] in terms(words, left.language))
    size = _count(match, left.language)
    size, unit = (size * 30, "d") if unit == "month" else (size, unit)
    return f"{size:g} {unit}"


def _counted(left: _Text, units: tuple[str, ...]) -> str:
    """Return the pattern of a number, in digits or words, and a unit of time."""
    words = "|".join(left.one_of(text) for text in COUNTS.values())
    unit = "|".join(left.one_of(UNITS[unit]) for unit in units)
    return rf"(?:(?P<digits>\d+(?:\.\d+)?)|(?P<word>{words}))\s*(?:个)?(?P<unit>{unit})"


def _count(match: re.Match[str], language: str) -> float:
    if match["digits"]:
        return float(match["digits"])
    return float(next(number for number, words in COUNTS.items() if match["word"] in terms(words, language)))


def _change(left: _Text) -> dict[str, Any]:
    """Read how much, and in which direction."""
    factor = share = None
    times = left.take(rf"{NUMBER}\s*(?:x|{left.one_of(TIMES)})(?![a-z])")
    if times is not None:
        factor = _number(times[1])
    for value, words in sorted(FACTORS.items(), key=lambda pair: -len(pair[1])):
        if factor is None and left.take(left.one_of(words)):
            factor = value
    per_cent = left.take(rf"(?:by\s+|de\s+)?{NUMBER}\s*{left.one_of(PER_CENT)}")
    ratio = left.take(rf"{NUMBER}\s+(?:[a-z]+\s+)?{left.one_of(IN_A_HUNDRED)}\s+{NUMBER}")
    if per_cent is not None:
        share = _number(per_cent[1]) / 100.0
    elif ratio is not None:
        share = _number(ratio[1]) / _number(ratio[2])
    for value, words in SHARES.items():
        if factor is None and share is None and left.take(left.one_of(words)):
            share = value
    more = _direction(left, MORE, LESS)
    faster = _direction(left, FASTER, SLOWER)
    if share is not None and factor is None:
        again = left.take(left.one_of(AGAIN)) is not None  # half as many again
        if has(AS_FAST, left.text, left.language):
            factor, share, faster = 1.0 / share, None, 0
        elif more or faster or again:
            factor, share = 1.0 + (more or -faster or 1) * share, None
        elif has(AS_MANY, left.text, left.language):
            factor, share = share, None
    without = left.take(left.one_of(WITHOUT)) is not None
    plain = left.take(rf"(?<![\d.]){NUMBER}\s*(?P<many>{left.one_of(THOUSAND)}|{left.one_of(MILLION)}|万)?")
    number = None
    if plain is not None:
        by = {"万": 1e4}.get(plain["many"] or "", 1.0)
        by = 1e3 if plain["many"] in terms(THOUSAND, left.language) else by
        number = _number(plain[1]) * (1e6 if plain["many"] in terms(MILLION, left.language) else by)
    return {
        **{"factor": factor, "share": share, "number": number},
        **{"more": more, "faster": faster, "without": without},
    }


def _direction(left: _Text, up: str, down: str) -> int:
    """Return 1, -1 or 0, and leave the words: they may belong to the name of a lever, too."""
    return int(has(up, left.text, left.language)) - int(has(down, left.text, left.language))


def _number(text: str) -> float:
    return float(text.replace(",", ""))
