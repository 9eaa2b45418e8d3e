"""What each player of a game adds: alone, last, and on average over all orders in which they may come.

A game gives each coalition, a set of players as the bits of an integer, its worth. Shapley, "A value for n-person
games" (Contributions to the Theory of Games II, 1953): the values add up to the worth of all, whatever the game is.
"""

from collections.abc import Callable, Iterator, Sequence
from math import factorial

Worth = Callable[[int], float]
"""The worth of a coalition."""

Order = tuple[int, ...]
"""An order in which players come, by number."""


def coalitions(players: int) -> range:
    """Give every coalition."""
    return range(1 << players)


def exact(players: int, worth: Worth) -> list[float]:
    """Give each player's Shapley value, from the worth of every coalition."""
    weights = [factorial(size) * factorial(players - size - 1) / factorial(players) for size in range(players)]
    values = [0.0] * players
    for coalition in coalitions(players):
        size = coalition.bit_count()
        for player in range(players):
            if not coalition >> player & 1:
                values[player] += weights[size] * (worth(coalition | 1 << player) - worth(coalition))
    return values


def along(order: Order, worth: Worth) -> list[float]:
    """Give what each player adds when they come in an order; the mean over all orders is the Shapley value."""
    values = [0.0] * len(order)
    before = 0
    for player in order:
        after = before | 1 << player
        values[player] = worth(after) - worth(before)
        before = after
    return values


def met(order: Order) -> Iterator[int]:
    """Give the coalitions that an order passes through."""
    coalition = 0
    yield coalition
    for player in order:
        coalition |= 1 << player
        yield coalition


def alone(players: int, worth: Worth) -> list[float]:
    """Give what each player is worth when nobody else is there."""
    return [worth(1 << player) - worth(0) for player in range(players)]


def last(players: int, worth: Worth) -> list[float]:
    """Give what is lost when one player leaves all others."""
    everybody = (1 << players) - 1
    return [worth(everybody) - worth(everybody ^ 1 << player) for player in range(players)]


def overlap(players: int, worth: Worth, one: int, two: int) -> float:
    """Give by how much more one player is worth to all others once another is gone, which is the same both ways.

    Above 0 each would do some of what the other does; below 0 each needs the other.
    """
    everybody = (1 << players) - 1
    here, there = 1 << one, 1 << two
    with_it = worth(everybody) - worth(everybody ^ here)
    without_it = worth(everybody ^ there) - worth(everybody ^ here ^ there)
    return without_it - with_it


def pairs(players: int) -> Sequence[tuple[int, int]]:
    """Give every two players."""
    return [(one, two) for one in range(players) for two in range(one + 1, players)]
