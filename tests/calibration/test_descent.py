"""The way of an ensemble to its data: what is learned on it, and that it leads down."""

import numpy as np
import pytest

from sim.calibration.descent import ENOUGH, Array, Descent, Indices

MEMBERS = 40


def curved(at: Array) -> Array:
    """Give two data of three parameters: one that bends, one that has an end."""
    return np.column_stack([20.0 * at[:, 0] + 8.0 * at[:, 1] ** 2, 30.0 * np.tanh(at[:, 1] + at[:, 2])])


def begun(size: float = 1.0) -> tuple[Descent, Array]:
    rolls = np.random.default_rng(3)
    anchors = size * rolls.normal(size=(MEMBERS, 3))
    wanted = curved(size * rolls.normal(size=(MEMBERS, 3)))
    start = np.array([0.0, 0.5, 0.0])
    step = 1e-6 * np.eye(3)
    slopes = (curved(start + step) - curved(start[None, :])).T / 1e-6
    return Descent(anchors, wanted, start, curved(start[None, :])[0], slopes), wanted


def sums(way: Descent) -> Array:
    return np.asarray(0.5 * (((way.at - way.anchors) ** 2).sum(axis=1) + ((way.data - way.wanted) ** 2).sum(axis=1)))


def simulate(going: Indices, at: Array) -> Array:
    return curved(at)


def quiet(line: str) -> None:
    pass


def test_a_step_teaches_the_jacobian_what_it_found():
    way, _ = begun()
    start, found = way.at.copy(), way.data.copy()
    way.run(simulate, 1, quiet)
    moves = way.at - start
    assert (np.abs(moves).max(axis=1) > 0.0).all()
    assert way.data == pytest.approx(curved(way.at))
    assert (way.slopes @ moves[:, :, None])[:, :, 0] == pytest.approx(way.data - found)
    # Across the move nothing was learned.
    across = np.cross(moves, [1.0, 0.0, 0.0])
    fresh, _ = begun()
    assert way.slopes @ across[:, :, None] == pytest.approx(fresh.slopes @ across[:, :, None])


def test_after_its_first_step_no_member_goes_up():
    way, _ = begun(size=2.0)
    way.run(simulate, 1, quiet)
    before, tried = sums(way), 0
    for _ in range(12):
        asked: list[int] = []

        def heard(going: Indices, at: Array, asked: list[int] = asked) -> Array:
            asked.extend(int(one) for one in going)
            return curved(at)

        way.run(heard, 1, quiet)
        after = sums(way)
        assert (after <= before + 1e-9).all()
        tried += int((after[asked] == before[asked]).sum())
        before = after
    assert tried > 0, "no step led up, so nothing was turned down"


def test_members_arrive_where_each_alone_would():
    from scipy.optimize import least_squares

    way, wanted = begun()
    way.run(simulate, 30, quiet)
    arrived = 0
    for anchor, data, here in zip(way.anchors, wanted, sums(way), strict=True):

        def off(at: Array, anchor: Array = anchor, data: Array = data) -> Array:
            return np.concatenate([at - anchor, curved(at[None, :])[0] - data])

        best = min(least_squares(off, start).cost for start in (anchor, np.array([0.0, 0.5, 0.0]), -anchor))
        arrived += here < best + 2.0 * ENOUGH
    assert arrived >= 0.8 * MEMBERS


def test_who_has_arrived_is_not_simulated_again():
    way, _ = begun()
    way.run(simulate, 30, quiet)
    asked: list[int] = []

    def counted(going: Indices, at: Array) -> Array:
        asked.append(len(going))
        return curved(at)

    way.run(counted, 30, quiet)
    assert sum(asked) <= 0.1 * MEMBERS * 30


def test_after_a_step_that_led_up_the_next_is_shorter():
    way, _ = begun(size=2.0)
    lengths = np.full(MEMBERS, np.inf)
    turned = shorter = 0
    for _ in range(12):
        before, tried = way.at.copy(), np.full(MEMBERS, np.nan)

        def heard(going: Indices, at: Array, before: Array = before, tried: Array = tried) -> Array:
            tried[going] = np.sqrt(((at - before[going]) ** 2).sum(axis=1))
            return curved(at)

        way.run(heard, 1, quiet)
        again = np.isfinite(lengths) & np.isfinite(tried)
        turned += again.sum()
        shorter += (tried[again] < lengths[again]).sum()
        stayed = (way.at == before).all(axis=1)
        lengths = np.where(stayed, tried, np.inf)
    assert turned >= 10
    # Not each of them: what was learned on the way may turn a step, and then it may be longer.
    assert shorter >= 0.75 * turned


def test_other_data_are_gone_to_from_where_the_members_are():
    way, wanted = begun()
    way.run(simulate, 30, quiet)
    other = wanted + np.array([15.0, 0.0])
    way.hand_over(way.data, other, np.ones(2))
    assert np.median(np.abs(way.data - other)[:, 0]) > 14.0
    way.run(simulate, 30, quiet)
    assert np.median(np.abs(way.data - other)[:, 0]) < 0.5


def test_another_model_takes_over_in_its_own_units():
    unit = np.array([0.25, 2.0])
    way, wanted = begun()
    way.run(simulate, 4, quiet)
    one, _ = begun()
    one.run(simulate, 4, quiet)
    one.hand_over(one.data, wanted, np.ones(2))
    # The same model, counted in other units and held to them: sums of squares are others, the Jacobian is the same.
    slopes = way.slopes.copy()
    way.hand_over(curved(way.at) / unit, wanted / unit, 1.0 / unit)
    assert way.slopes * unit[:, None] == pytest.approx(slopes)
    way.run(lambda going, at: curved(at) / unit, 20, quiet)
    one.run(simulate, 20, quiet)
    # What is held to a quarter of the error comes nearer, what to twice the error less near.
    near, nearer = (np.median(np.abs(found - wanted), axis=0) for found in (one.data, way.data * unit))
    assert nearer[0] < 0.5 * near[0]
    assert nearer[1] > near[1]


def test_no_step_is_taken_to_where_there_are_no_data():
    def half(going: Indices, at: Array) -> Array:
        return np.where(at[:, :1] > 0.8, np.nan, curved(at))

    way, wanted = begun()
    way.run(half, 30, quiet)
    assert np.isfinite(way.data).all()
    assert np.isfinite(way.slopes).all()
    assert (way.at[:, 0] <= 0.8).all()
    inside = wanted[:, 0] < 12.0
    assert np.median(np.abs(way.data - wanted)[inside, 0]) < 0.5
    # A model that knows no data of a member leaves it where it is.
    data = way.data.copy()
    data[3] = np.nan
    at = way.at[3].copy()
    way.hand_over(data, wanted + 5.0, np.ones(2))
    way.run(half, 3, quiet)
    assert (way.at[3] == at).all()
    assert np.isnan(way.data[3]).all()
    assert np.isfinite(np.delete(way.data, 3, axis=0)).all()
