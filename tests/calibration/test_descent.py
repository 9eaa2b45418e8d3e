"""Ensemble descent: where members end, that no step leads up, and what a member learns of its own steps."""

import numpy as np
import pytest

from sim.calibration.posterior import CONVERGED, FOLLOWED, LONGEST, STRIDE, Array, Descent, Indices

MEMBERS = 40
START = np.array([0.0, 0.5, 0.0])
STEPS = 40


def curved(scores: Array) -> Array:
    """Return two data of three parameters: one that bends, one that saturates."""
    return np.column_stack([20.0 * scores[:, 0] + 8.0 * scores[:, 1] ** 2, 30.0 * np.tanh(scores[:, 1] + scores[:, 2])])


class Exact:
    """Knows the model."""

    def predicted(self, scores: Array) -> Array:
        return curved(scores)

    def derivatives(self, scores: Array) -> Array:
        step = 1e-6 * np.eye(3)
        return (curved(scores + step) - curved(scores - step)).T / 2e-6


class AtStart(Exact):
    """Knows the slopes at the start alone."""

    def predicted(self, scores: Array) -> Array:
        return np.asarray(curved(START[None, :]) + (scores - START) @ self.derivatives(START).T)

    def derivatives(self, scores: Array) -> Array:
        return super().derivatives(START)


def begun(size: float = 1.0, chance: float = 0.0, longest: float = LONGEST) -> tuple[Descent, Array]:
    """Return an ensemble at its start, and its observations; all data have the same chance."""
    rolls = np.random.default_rng(3)
    anchors = size * rolls.normal(size=(MEMBERS, 3))
    observations = curved(size * rolls.normal(size=(MEMBERS, 3)))
    chances = np.full(observations.shape[1], chance)
    ensemble = Descent(START, anchors, observations, curved(START[None, :])[0], chances, longest)
    return ensemble, observations


def objectives(ensemble: Descent, data: Array | None = None) -> Array:
    """Return the objectives of members with these data, or with those that were simulated."""
    off = (ensemble.simulated if data is None else data) - ensemble.observations
    return np.asarray(0.5 * (((ensemble.iterates - ensemble.anchors) ** 2).sum(axis=1) + (off**2).sum(axis=1)))


def simulate(members: Indices, scores: Array) -> Array:
    return curved(scores)


def quiet(line: str) -> None:
    pass


def test_the_first_step_goes_towards_the_anchors_where_nothing_is_known():
    ensemble, _ = begun()
    ensemble.run(simulate, lambda: None, 1, quiet)
    assert ensemble.iterates == pytest.approx(START + STRIDE * (ensemble.anchors - START))
    assert ensemble.simulated == pytest.approx(curved(ensemble.iterates))


def test_no_step_is_taken_that_leads_up_unless_data_follow():
    ensemble, _ = begun(size=2.0, longest=0.75)  # long enough that some lead up
    rejected = followed = 0
    for _ in range(16):
        before, data = ensemble.iterates.copy(), ensemble.simulated.copy()
        parts = np.minimum(ensemble.part + ensemble.stride, 1.0)[:, None]
        stood = ensemble.part == 1.0
        goals, wanted = START + parts * (ensemble.anchors - START), parts * ensemble.observations
        ensemble.run(simulate, AtStart, 1, quiet)

        def objective(scores: Array, simulated: Array, goals: Array = goals, wanted: Array = wanted) -> Array:
            return np.asarray(0.5 * (((scores - goals) ** 2).sum(axis=1) + ((simulated - wanted) ** 2).sum(axis=1)))

        moved = (ensemble.iterates != before).any(axis=1)
        fell = objective(ensemble.iterates, ensemble.simulated) < objective(before, data)
        near = np.sqrt(((ensemble.simulated - wanted) ** 2).mean(axis=1)) <= FOLLOWED
        assert (fell | near)[moved].all()
        assert fell[moved & stood].all(), "once goals stand still, every step leads down"
        rejected += int((~moved).sum())
        followed += int((moved & ~fell).sum())
    assert rejected > 0
    assert followed > 0


def test_members_end_where_a_solver_of_each_alone_ends():
    from scipy.optimize import least_squares

    ensemble, observations = begun()
    ensemble.run(simulate, Exact, STEPS, quiet)
    ended = 0
    for anchor, data, objective in zip(ensemble.anchors, observations, objectives(ensemble), strict=True):

        def residuals(scores: Array, anchor: Array = anchor, data: Array = data) -> Array:
            return np.concatenate([scores - anchor, curved(scores[None, :])[0] - data])

        alone = least_squares(residuals, anchor).cost
        ended += objective <= alone + 2.0 * CONVERGED
    assert ended >= 0.9 * MEMBERS


def test_chance_neither_chooses_steps_nor_makes_them_shorter():
    found = {}
    for tolerated in (0.0, 1.0):
        noise = np.random.default_rng(8)
        ensemble, _ = begun(size=0.5, chance=tolerated, longest=0.75)

        def rough(members: Indices, scores: Array, noise: np.random.Generator = noise) -> Array:
            exact = curved(scores)
            return exact + noise.standard_normal(exact.shape)

        ensemble.run(rough, Exact, 20, quiet)
        kind = objectives(ensemble) - objectives(ensemble, curved(ensemble.iterates))
        found[tolerated] = float(np.median(kind)), float(np.median(ensemble.length)), float(ensemble.taken.mean())
    # Where chance is taken for a decrease, only lucky runs are left, with ever shorter steps.
    assert found[0.0][0] < -0.3 < found[1.0][0]
    assert found[0.0][1] < 0.05 < 0.5 < found[1.0][1]
    assert found[0.0][2] < 0.3 < 0.8 < found[1.0][2]


@pytest.mark.parametrize("longest", [0.3, LONGEST])
def test_no_step_is_longer_than_the_longest_and_good_ones_are_as_long(longest: float):
    ensemble, _ = begun(size=0.5, longest=longest)
    for number in range(8):
        stood = ensemble.part == 1.0
        ensemble.run(simulate, Exact, 1, quiet)
        assert (ensemble.length[ensemble.taken & ~stood] == longest).all()
        assert (ensemble.length <= longest).all()
        assert stood.all() == (number > 3)
    assert np.median(ensemble.length) == longest


@pytest.mark.parametrize("taken", [True, False])
def test_a_member_learns_from_its_last_step_what_slopes_do_not_say(taken: bool):
    ensemble, _ = begun(size=0.5)

    def first(members: Indices, scores: Array) -> Array:
        return curved(scores) + (0.0 if taken else 500.0)

    ensemble.run(first, AtStart, 1, quiet)
    moved = (ensemble.iterates != START).any(axis=1)
    assert moved.mean() > 0.5 if taken else not moved.any()
    assert (ensemble.part == (STRIDE if taken else 0.0))[moved == taken].all()
    told: list[Array] = []

    def noted(members: Indices, scores: Array) -> Array:
        told.append(scores)
        return curved(scores)

    before, data, tried = ensemble.iterates.copy(), ensemble.simulated.copy(), ensemble.tried
    parts = np.minimum(ensemble.part + ensemble.stride, 1.0)[:, None]
    goals, wanted = START + parts * (ensemble.anchors - START), parts * ensemble.observations
    lengths = ensemble.length.copy()
    steps, changes = tried[1][0] - tried[0][0], tried[1][1] - tried[0][1]
    steps, changes = steps.copy(), changes.copy()
    ensemble.run(noted, AtStart, 1, quiet)
    for number in np.flatnonzero(moved == taken)[:5]:
        slopes, step = AtStart().derivatives(START), steps[number]
        # Along the last step the slopes are what it did, across it what they were.
        slopes = slopes + np.outer(changes[number] - slopes @ step, step) / (step @ step)
        home, off = goals[number] - before[number], wanted[number] - data[number]
        whole = np.linalg.solve(np.eye(3) + slopes.T @ slopes, home + slopes.T @ off)
        assert told[0][number] - before[number] == pytest.approx(lengths[number] * whole)


def test_a_member_whose_steps_give_no_data_stays_where_it_is():
    ensemble, _ = begun()

    def some(members: Indices, scores: Array) -> Array:
        found = curved(scores)
        found[members == 7] = np.nan
        return found

    ensemble.run(some, Exact, 8, quiet)
    assert (ensemble.iterates[7] == START).all()
    assert np.isfinite(ensemble.simulated).all()
    assert (ensemble.iterates[8] != START).any()


def test_it_ends_when_all_have_converged_and_says_where_it_is():
    ensemble, _ = begun()
    lines: list[str] = []
    ensemble.run(simulate, Exact, STEPS, lines.append)
    assert len(lines) < STEPS
    assert lines[0].startswith("step 1 of at most 40: 40 of 40 members move; 0% of the way is done; ")
    assert ": 0 of 40 members move; 100% of the way is done" in lines[-1]
