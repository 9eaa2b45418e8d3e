"""Ensemble descent: damped Gauss-Newton steps; each ensemble member has its own point and its own slopes.

Each member minimises an objective: half of |scores - anchor|^2 + |simulated - observations|^2. All start at a common
point that meets the data. The goals of each, its anchor and observations, move away from there part by part, as far as
its data can follow (numerical continuation: Allgower and Georg, 2003). So members stay near the data on their way,
where slopes are useful, and need not find back from far away: a draw from wide ranges may be a world in which all
attempts have ended. All members step at the same time, so that their simulations run in parallel, and slopes are learnt
from the runs of all. The difference between a member's last step and the prediction of the slopes, whether the step was
accepted or not, is corrected along that step (Broyden, Mathematics of Computation 19, 1965).
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

CONVERGED = 0.005
"""A member has converged when its next step is predicted to lower its objective by less than this, which corresponds to
a tenth of a standard error in one datum."""

EXPAND_ABOVE, SHRINK_BELOW = 0.75, 0.25
"""The trust region (Nocedal and Wright, Numerical Optimization, 2006, algorithm 4.1): at the end of the way the step
length doubles, up to the longest part, where the actual decrease exceeds this share of the predicted one, and halves
where it is below."""

TOLERATED = 2.0
"""Standard deviations of run-to-run noise by which an objective may rise, added to both decreases before they are
compared (Sun and Nocedal, Mathematical Programming 202, 2023). Otherwise lucky steps would be accepted, and unlucky
ones refused and shortened."""

LONGEST = 0.45
"""The largest part of a Gauss-Newton step that is taken where slopes are those of an emulator: a rough model changes by
more than they predict, so a whole step goes too far. With this value steps of the flagship would have left least."""

STRIDE = 0.25
"""The most that goals move at each step, as a part of the way from the start."""

LONGER = 1.5
"""Growth of a stride after an accepted step, up to ``STRIDE``; after a refused one it is halved."""

FOLLOWED = 6.0
"""On the way a step that does not lower the objective is also accepted where data are within this many standard errors
(r.m.s.): moving goals cannot be followed without a lag, which is made up at the end of the way."""

TINY = 1e-300
"""The least divisor, so that nothing is divided by 0."""


class Predictor(Protocol):
    """Predicts data from scores, as ``sim.calibration.emulator.Emulator`` does."""

    def predicted(self, scores: Array) -> Array:
        """Return data (points, data) at scores (points, parameters)."""

    def derivatives(self, scores: Array) -> Array:
        """Return derivatives (data, parameters) at one point, (parameters,)."""


class Descent:
    """An ensemble and its iterates.

    No step is accepted where a simulation gives no data (NaN), nor one that raises the objective by more than noise
    does, except on the way, where data follow their goals.

    Attributes:
        anchors: (members, parameters) Where each member would be without data, in normal scores.
        observations: (members, data) The data that each member must reproduce.
        iterates: (members, parameters) Where each member is, in normal scores.
        simulated: (members, data) The simulated data there.
        part: (members,) How far the goals of each have moved on their way, from 0 to 1.
        stride: (members,) How far they move at the next step.
        length: (members,) The part of a Gauss-Newton step that is taken.
        tried: Scores and data at both ends of each member's last step, whether accepted or not.
        taken: (members,) Whether it was accepted.
    """

    def __init__(
        self,
        start: Array,
        anchors: Array,
        observations: Array,
        simulated: Array,
        chance: Array,
        longest: float = LONGEST,
        converged: float = CONVERGED,
        ordered: Callable[[Array], Array] = lambda scores: scores,
    ) -> None:
        """Start all members at ``start`` (parameters,), in normal scores, with ``simulated`` data (data,) there.

        ``observations`` are about 0 where the start meets the data. ``chance`` (data,) is the standard deviation of
        simulated data between runs, see ``TOLERATED``. ``longest`` is the largest part of a Gauss-Newton step that is
        taken, ``converged`` the least predicted decrease of an objective for which a step is taken.
        """
        members = len(anchors)
        self.anchors = anchors
        self.observations = observations
        self._start = start
        self._ordered = ordered
        self._chance = chance
        self.iterates = np.tile(start, (members, 1))
        self.simulated = np.tile(simulated, (members, 1))
        self.tried = tuple((self.iterates.copy(), self.simulated.copy()) for _ in ("from", "to"))
        self.taken = np.zeros(members, dtype=np.bool_)
        self.part = np.zeros(members)
        self.stride = np.full(members, STRIDE)
        self._longest, self._converged = longest, converged
        self.length = np.full(members, longest)

    def run(
        self,
        simulate: Callable[[Indices, Array], Array],
        learn: Callable[[], Predictor | None],
        steps: int,
        tell: Callable[[str], None],
    ) -> None:
        """Take steps until all members have converged, at most ``steps`` for each.

        ``simulate`` returns the data of some members (indices) at normal scores (members, parameters). ``learn``
        returns a predictor of data from all runs so far; None where there are none, and all go straight ahead.
        """
        for number in range(steps):
            parts = np.minimum(self.part + self.stride, 1.0)
            goals = self._start + parts[:, None] * (self.anchors - self._start)
            wanted = parts[:, None] * self.observations
            predictor = learn()
            proposed, predicted = self._proposals(predictor, goals, wanted)
            moving = np.flatnonzero((self.part < 1.0) | (predicted > self._converged))
            off = np.sqrt(np.mean((self.simulated - self.part[:, None] * self.observations) ** 2, axis=1))
            tell(
                f"step {number + 1} of at most {steps}: {len(moving)} of {len(parts)} members move; "
                f"{np.mean(self.part):.0%} of the way is done; members are {np.median(off):.2f} standard errors off "
                "(median r.m.s.)"
            )
            if not len(moving):
                break
            there = self._ordered(self.iterates[moving] + proposed[moving])
            simulated = simulate(moving, there)
            before = self._objectives(self.iterates[moving], self.simulated[moving], goals[moving], wanted[moving])
            after = self._objectives(there, simulated, goals[moving], wanted[moving])
            lag = np.sqrt(np.mean((simulated - wanted[moving]) ** 2, axis=1))
            chance = self._tolerance(self.simulated[moving] - wanted[moving], simulated - wanted[moving])
            gain = before - after + chance
            with np.errstate(invalid="ignore"):
                down = np.isfinite(after) & (gain > 0.0)
                followed = np.isfinite(after) & (self.part[moving] < 1.0) & ((lag <= FOLLOWED) | (predictor is None))
            self._adapt(moving, down | followed, gain / np.maximum(predicted[moving] + chance, TINY))
            self._note(moving, there, simulated)
            self.taken[moving] = down | followed
            taken = moving[down | followed]
            self.part[taken] = parts[taken]
            self.iterates[taken] = there[down | followed]
            self.simulated[taken] = simulated[down | followed]

    def _adapt(self, members: Indices, taken: npt.NDArray[np.bool_], ratio: Array) -> None:
        """Adapt strides and step lengths: on the way to whether steps were accepted, at its end to their decrease."""
        stride, length = self.stride[members], self.length[members]
        self.stride[members] = np.where(taken, np.minimum(LONGER * stride, STRIDE), stride / 2.0)
        on_the_way = self.part[members] < 1.0
        longer, shorter = np.minimum(2.0 * length, self._longest), length / 2.0
        by_ratio = np.where(ratio > EXPAND_ABOVE, longer, np.where(ratio >= SHRINK_BELOW, length, shorter))
        self.length[members] = np.where(on_the_way, np.where(taken, longer, shorter), by_ratio)

    def _tolerance(self, before: Array, after: Array) -> Array:
        """Return how much two objectives may differ by noise, from the residuals of both, (members,)."""
        return np.asarray(TOLERATED * np.sqrt(np.sum(self._chance**2 * (before**2 + after**2), axis=1)))

    def _note(self, members: Indices, scores: Array, simulated: Array) -> None:
        """Record the last step of members, whether accepted or not, where it gave data."""
        data = np.isfinite(simulated).all(axis=1)
        known = members[data]
        ends = (self.iterates[known], self.simulated[known]), (scores[data], simulated[data])
        for (places, changes), (at, found) in zip(self.tried, ends, strict=True):
            places[known], changes[known] = at, found

    def _proposals(self, predictor: Predictor | None, goals: Array, wanted: Array) -> tuple[Array, Array]:
        """Return each member's next step, and the decrease of its objective that its slopes predict."""
        home = goals - self.iterates
        if predictor is None:
            return home, np.full(len(home), np.inf)
        jacobians = np.array([predictor.derivatives(one) for one in self.iterates])
        (away, before), (to, after) = self.tried
        steps, changes = to - away, after - before
        told = predictor.predicted(to) - predictor.predicted(away)
        squares = np.maximum(np.sum(steps**2, axis=1), TINY)
        jacobians += (changes - told)[:, :, None] * (steps / squares[:, None])[:, None, :]
        transposed = np.swapaxes(jacobians, 1, 2)
        residuals = wanted - self.simulated
        downhill = home + (transposed @ residuals[:, :, None])[:, :, 0]
        # Equals (1 + J'J)^-1 downhill, with only as many equations as there are data.
        curvature = np.eye(jacobians.shape[1]) + jacobians @ transposed
        ahead = residuals - (jacobians @ home[:, :, None])[:, :, 0]
        whole = home + (transposed @ np.linalg.solve(curvature, ahead[:, :, None]))[:, :, 0]
        predicted = self.length * (1.0 - 0.5 * self.length) * np.sum(whole * downhill, axis=1)
        return self.length[:, None] * whole, np.asarray(predicted)

    @staticmethod
    def _objectives(scores: Array, simulated: Array, goals: Array, wanted: Array) -> Array:
        """Return objectives at normal scores (members, parameters) with these simulated data."""
        prior = np.sum((scores - goals) ** 2, axis=1)
        return np.asarray(0.5 * (prior + np.sum((simulated - wanted) ** 2, axis=1)))
