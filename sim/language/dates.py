"""Days and months as each language writes them."""

from datetime import date

from sim.language.spoken import ENGLISH, spoken

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def month_named(month: date) -> str:
    """Return the month of a date: ``June 2022``, ``2022年6月``, ``juin 2022``."""
    if spoken() == ENGLISH:
        return f"{_MONTHS[month.month - 1]} {month.year}"
    from babel.dates import format_skeleton

    return str(format_skeleton("yMMMM", month, locale=spoken()))


def month_alone(number: int) -> str:
    """Return a month of any year by its number, from 1: ``June``, ``六月``, ``juin``."""
    if spoken() == ENGLISH:
        return _MONTHS[number - 1]
    from babel.dates import format_date

    return str(format_date(date(2000, number, 1), format="LLLL", locale=spoken()))


def day_named(day: date) -> str:
    """Return a date: ``1 June 2022``, ``2022年6月1日``, ``1 juin 2022``."""
    if spoken() == ENGLISH:
        return f"{day.day} {month_named(day)}"
    from babel.dates import format_date

    return str(format_date(day, format="long", locale=spoken()))
