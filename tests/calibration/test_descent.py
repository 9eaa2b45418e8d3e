"""Ensemble descent: what the Jacobians learn from steps, that objectives fall, and where members end."""

import numpy as np
import pytest

from sim.calibration.descent import CONVERGED, Array, Descent, Indices

MEMBERS = 40


def curved(scores: Array) -> Array:
    """Return two data of three parameters: one that bends, one that saturates."""
    return np.column_stack([20.0 * scores[:, 0] + 8.0 * scores[:, 1] ** 2, 30.0 * np.tanh(scores[:, 1] + scores[:, 2])])


def begun(size: float = 1.0) -> tuple[Descent, Array]:
    """Return an ensemble at its start, and its observations."""
    rolls = np.random.default_rng(3)
    anchors = size * rolls.normal(size=(MEMBERS, 3))
    observations = curved(size * rolls.normal(size=(MEMBERS, 3)))
    start = np.array([0.0, 0.5, 0.0])
    step = 1e-6 * np.eye(3)
    jacobian = (curved(start + step) - curved(start[None, :])).T / 1e-6
    return Descent(anchors, observations, start, curved(start[None, :])[0], jacobian), observations


def objectives(ensemble: Descent) -> Array:
    prior = ((ensemble.iterates - ensemble.anchors) ** 2).sum(axis=1)
    return np.asarray(0.5 * (prior + ((ensemble.simulated - ensemble.observations) ** 2).sum(axis=1)))


def simulate(members: Indices, scores: Array) -> Array:
    return curved(scores)


def quiet(line: str) -> None:
    pass


def test_a_step_corrects_the_jacobian_along_the_step():
    ensemble, _ = begun()
    start, before = ensemble.iterates.copy(), ensemble.simulated.copy()
    ensemble.run(simulate, 1, quiet)
    steps = ensemble.iterates - start
    assert (np.abs(steps).max(axis=1) > 0.0).all()
    assert ensemble.simulated == pytest.approx(curved(ensemble.iterates))
    assert (ensemble.jacobians @ steps[:, :, None])[:, :, 0] == pytest.approx(ensemble.simulated - before)
    # Across the step nothing was learned.
    across = np.cross(steps, [1.0, 0.0, 0.0])
    fresh, _ = begun()
    assert ensemble.jacobians @ across[:, :, None] == pytest.approx(fresh.jacobians @ across[:, :, None])


def test_after_its_first_step_no_objective_rises():
    ensemble, _ = begun(size=2.0)
    ensemble.run(simulate, 1, quiet)
    before, rejected = objectives(ensemble), 0
    for _ in range(12):
        proposed: list[int] = []

        def noted(members: Indices, scores: Array, proposed: list[int] = proposed) -> Array:
            proposed.extend(int(one) for one in members)
            return curved(scores)

        ensemble.run(noted, 1, quiet)
        after = objectives(ensemble)
        assert (after <= before + 1e-9).all()
        rejected += int((after[proposed] == before[proposed]).sum())
        before = after
    assert rejected > 0, "every step led down, so nothing was rejected"


def test_members_end_where_a_solver_of_each_alone_ends():
    from scipy.optimize import least_squares

    ensemble, observations = begun()
    ensemble.run(simulate, 30, quiet)
    ended = 0
    for anchor, data, objective in zip(ensemble.anchors, observations, objectives(ensemble), strict=True):

        def residuals(scores: Array, anchor: Array = anchor, data: Array = data) -> Array:
            return np.concatenate([scores - anchor, curved(scores[None, :])[0] - data])

        best = min(least_squares(residuals, start).cost for start in (anchor, np.array([0.0, 0.5, 0.0]), -anchor))
        ended += objective < best + 2.0 * CONVERGED
    assert ended >= 0.8 * MEMBERS


def test_converged_members_are_not_simulated_again():
    ensemble, _ = begun()
    ensemble.run(simulate, 30, quiet)
    proposed: list[int] = []

    def counted(members: Indices, scores: Array) -> Array:
        proposed.append(len(members))
        return curved(scores)

    ensemble.run(counted, 30, quiet)
    assert sum(proposed) <= 0.1 * MEMBERS * 30


def test_after_a_rejected_step_the_next_is_shorter():
    ensemble, _ = begun(size=2.0)
    lengths = np.full(MEMBERS, np.inf)
    repeated = shorter = 0
    for _ in range(12):
        before, tried = ensemble.iterates.copy(), np.full(MEMBERS, np.nan)

        def measured(members: Indices, scores: Array, before: Array = before, tried: Array = tried) -> Array:
            tried[members] = np.sqrt(((scores - before[members]) ** 2).sum(axis=1))
            return curved(scores)

        ensemble.run(measured, 1, quiet)
        again = np.isfinite(lengths) & np.isfinite(tried)
        repeated += again.sum()
        shorter += (tried[again] < lengths[again]).sum()
        rejected = (ensemble.iterates == before).all(axis=1)
        lengths = np.where(rejected, tried, np.inf)
    assert repeated >= 10
    # Not each of them: the corrected Jacobian may turn a step, and then it may be longer.
    assert shorter >= 0.75 * repeated


def test_other_observations_are_approached_from_where_the_members_are():
    ensemble, observations = begun()
    ensemble.run(simulate, 30, quiet)
    other = observations + np.array([15.0, 0.0])
    ensemble.switch_model(ensemble.simulated, other, np.ones(2))
    assert np.median(np.abs(ensemble.simulated - other)[:, 0]) > 14.0
    ensemble.run(simulate, 30, quiet)
    assert np.median(np.abs(ensemble.simulated - other)[:, 0]) < 0.5


def test_another_model_takes_over_in_its_own_units():
    unit = np.array([0.25, 2.0])
    ensemble, observations = begun()
    ensemble.run(simulate, 4, quiet)
    same, _ = begun()
    same.run(simulate, 4, quiet)
    same.switch_model(same.simulated, observations, np.ones(2))
    # The same model in other units: objectives are others, the Jacobian is the same.
    jacobians = ensemble.jacobians.copy()
    ensemble.switch_model(curved(ensemble.iterates) / unit, observations / unit, 1.0 / unit)
    assert ensemble.jacobians * unit[:, None] == pytest.approx(jacobians)
    ensemble.run(lambda members, scores: curved(scores) / unit, 20, quiet)
    same.run(simulate, 20, quiet)
    # A datum with a quarter of the standard error has smaller residuals, one with twice the standard error larger ones.
    before, after = (
        np.median(np.abs(simulated - observations), axis=0) for simulated in (same.simulated, ensemble.simulated * unit)
    )
    assert after[0] < 0.5 * before[0]
    assert after[1] > before[1]


def test_no_step_is_accepted_where_there_are_no_data():
    def half(members: Indices, scores: Array) -> Array:
        return np.where(scores[:, :1] > 0.8, np.nan, curved(scores))

    ensemble, observations = begun()
    ensemble.run(half, 30, quiet)
    assert np.isfinite(ensemble.simulated).all()
    assert np.isfinite(ensemble.jacobians).all()
    assert (ensemble.iterates[:, 0] <= 0.8).all()
    inside = observations[:, 0] < 12.0
    assert np.median(np.abs(ensemble.simulated - observations)[inside, 0]) < 0.5
    # A member of which a model has no data does not move.
    simulated = ensemble.simulated.copy()
    simulated[3] = np.nan
    iterate = ensemble.iterates[3].copy()
    ensemble.switch_model(simulated, observations + 5.0, np.ones(2))
    ensemble.run(half, 3, quiet)
    assert (ensemble.iterates[3] == iterate).all()
    assert np.isnan(ensemble.simulated[3]).all()
    assert np.isfinite(np.delete(ensemble.simulated, 3, axis=0)).all()
