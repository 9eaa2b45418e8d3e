"""The registry: no two draws share a counter, no lane serves twice."""

from sim.draws import purposes
from sim.draws.purposes import REGISTRY


def test_numbers_and_names_are_unique():
    assert len({row.number for row in REGISTRY}) == len(REGISTRY)
    assert len({row.name for row in REGISTRY}) == len(REGISTRY)
    assert all(0 < row.number < 2**32 for row in REGISTRY)


def test_every_constant_has_its_row_and_every_row_its_constant():
    constants = {
        name: value
        for name, value in vars(purposes).items()
        if name.isupper() and type(value) is int and name != "TRIES_A_CHANNEL"
    }
    assert {row.name: row.number for row in REGISTRY} == constants


def test_lanes_are_named_once_and_floats_have_both_halves_in_order():
    for row in REGISTRY:
        assert len(row.lanes) == 4, row.name
        named = [lane for lane in row.lanes if lane]
        assert named, row.name
        assert len(set(named)) == len(named), row.name
        for lane, after in zip(row.lanes, (*row.lanes[1:], ""), strict=True):
            head, _, half = lane.rpartition(" ")
            if half == "high":
                assert after == f"{head} low", row.name
        assert sum(lane.endswith(" low") for lane in named) == sum(lane.endswith(" high") for lane in named)


def test_every_row_says_who_draws():
    assert all(row.entity for row in REGISTRY)
