"""Shapley values of games that are known, and what they are beside the mean over all orders."""

from itertools import permutations
from statistics import fmean

import pytest

from sim.experiments import attribute


def gloves(coalition: int) -> float:
    """Player 0 has a left glove, 1 and 2 have a right one each; a pair is worth 1."""
    return float(bool(coalition & 1) and bool(coalition & 6))


def airport(coalition: int) -> float:
    """A runway costs what the largest aeroplane of a coalition needs: Littlechild and Owen, 1973."""
    return max((float(need) for player, need in enumerate((1, 2, 4)) if coalition >> player & 1), default=0.0)


def uneven(coalition: int) -> float:
    return [0.0, 3.0, -2.0, 5.0, 1.0, 1.0, 8.0, 6.0, 0.5, 4.0, 4.0, 9.0, 2.0, 7.0, 3.0, 10.0][coalition]


def test_values_of_known_games():
    assert attribute.exact(3, gloves) == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    assert attribute.exact(3, airport) == pytest.approx([1 / 3, 1 / 3 + 1 / 2, 1 / 3 + 1 / 2 + 2])


def test_values_are_means_over_all_orders_and_each_order_adds_up():
    orders = list(permutations(range(4)))
    along = [attribute.along(order, uneven) for order in orders]
    assert all(sum(values) == pytest.approx(10.0) for values in along)
    assert attribute.exact(4, uneven) == pytest.approx([fmean(values) for values in zip(*along, strict=True)])
    assert list(attribute.prefixes((2, 0, 3, 1))) == [0, 4, 5, 13, 15]


def test_alone_last_and_overlap():
    assert attribute.alone_of(3, gloves) == [0.0, 0.0, 0.0]
    assert attribute.last_of(3, gloves) == [1.0, 0.0, 0.0]
    assert attribute.overlap(3, gloves, 1, 2) == 1.0  # each would make the pair
    assert attribute.overlap(3, gloves, 0, 1) == attribute.overlap(3, gloves, 1, 0) == 0.0
    assert attribute.overlap(2, gloves, 0, 1) == -1.0  # neither does without the other
