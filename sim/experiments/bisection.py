"""Bisection: the smallest whole numbers that are enough, of many things at once, that hold together.

A trial gives every key a number and says of each whether that was enough. Whether a number is enough should hang on
the key's own number alone, and more should never be worse; where both are only nearly so, as between provinces that
share one country, ``settle`` has the last word: what it gives was tried together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isqrt

Numbers = dict[int, int]
Trial = Callable[[Numbers], Mapping[int, bool]]
"""Tries one number a key and says of each key whether it was enough; keys that are not given may be missing."""

ROUNDS = 40
"""Trials after which what still moves is called unsettled."""


@dataclass(frozen=True)
class Settled:
    """Numbers that were tried together; those of ``unsettled`` keys were not enough when that was given up."""

    numbers: Numbers
    unsettled: frozenset[int]


def bisect(trial: Trial, first: Mapping[int, int], most: Mapping[int, int]) -> Numbers:
    """Give for each key a number from 0 to ``most`` that was enough while one less was not, in some trials.

    ``most`` is known to be enough and not tried; ``first`` is where the search begins. All keys are tried at once, one
    trial a step. Steps are in the logarithm of the number while its bounds are far apart. Where enough is not monotone
    the number is one of several at which it turns.
    """
    low = dict.fromkeys(most, -1)
    high = dict(most)
    while True:
        wide = [key for key in high if high[key] - low[key] > 1]
        if not wide:
            return high
        numbers = dict(high)
        for key in wide:
            begins = low[key] == -1 and high[key] == most[key]
            middle = first[key] if begins else _middle(low[key], high[key])
            numbers[key] = min(max(middle, low[key] + 1), high[key] - 1)
        enough = trial(numbers)
        for key in wide:
            (high if enough[key] else low)[key] = numbers[key]


def _middle(low: int, high: int) -> int:
    """Give the geometric mean of bounds that are far apart, else the arithmetic one."""
    return isqrt(max(low, 1) * high) if high > 2 * max(low, 1) else (low + high) // 2


def settle(trial: Trial, found: Mapping[int, int], rounds: int = ROUNDS) -> Settled:
    """Give numbers that are enough in one trial of all, while one less of all is enough for none that can be lowered.

    What is not enough is raised by one and never lowered again, so the search ends; what is still enough with one less
    is lowered by one. After so many ``rounds`` of trials it ends with what is not enough by then.
    """
    numbers = dict(found)
    raised: set[int] = set()
    short: set[int] = set()
    while True:
        enough = trial(numbers)
        rounds -= 1
        short = {key for key in numbers if not enough[key]}
        if short and rounds > 0:
            raised |= short
            numbers = {key: number + (key in short) for key, number in numbers.items()}
            continue
        if short or rounds <= 0:
            return Settled(numbers, frozenset(short))
        enough = trial(one_less(numbers))
        rounds -= 1
        spare = {key for key, number in numbers.items() if number > 0 and key not in raised and enough[key]}
        if not spare:
            return Settled(numbers, frozenset())
        numbers = {key: number - (key in spare) for key, number in numbers.items()}


def one_less(numbers: Mapping[int, int]) -> Numbers:
    """Give every number less one, none below 0."""
    return {key: max(number - 1, 0) for key, number in numbers.items()}
