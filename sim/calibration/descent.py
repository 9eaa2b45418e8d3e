"""Ensemble descent: damped Gauss-Newton iterations, each ensemble member with a Jacobian of its own.

Each member minimises an objective: half of |scores - anchor|^2 + |simulated - observations|^2. All members step at the
same time, so that their simulations run side by side. A finite-difference Jacobian of two hundred parameters would cost
each member two hundred simulations: all begin with that of their common start, and each is updated by the member's own
steps (Broyden, Mathematics of Computation 19, 1965).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

CONVERGED = 0.1
"""A member has converged when its next step is predicted to lower its objective by less than this: half a standard
error in a single datum makes up 0.125."""

EXPAND_ABOVE, SHRINK_BELOW = 0.75, 0.25
"""The trust region: the step length doubles, up to a whole Gauss-Newton step, where the actual decrease is above this
share of the predicted one, and halves where it is below."""

TINY = 1e-300
"""The least divisor, so that nothing is divided by 0."""


class Descent:
    """An ensemble and its iterates.

    All members begin at a common start. Their first step is always accepted: the start is no member's own iterate. No
    step is accepted where a simulation gives no data (NaN), and a member that has none does not move.

    Attributes:
        anchors: The prior draw of each member, (members, parameters), in normal scores.
        observations: The data that each member is to reproduce, (members, data).
        iterates: Where each member is, (members, parameters), in normal scores.
        simulated: The simulated data there, (members, data).
        jacobians: Their derivatives, (members, data, parameters).
    """

    def __init__(self, anchors: Array, observations: Array, start: Array, simulated: Array, jacobian: Array) -> None:
        members = len(anchors)
        self.anchors = anchors
        self.observations = observations
        self.iterates = np.tile(start, (members, 1))
        self.simulated = np.tile(simulated, (members, 1))
        self.jacobians = np.tile(jacobian, (members, 1, 1))
        self._length = np.ones(members)
        self._objective = np.full(members, np.inf)

    def run(self, simulate: Callable[[Indices, Array], Array], iterations: int, tell: Callable[[str], None]) -> None:
        """Take steps until all members have converged.

        Args:
            simulate: Returns the data of some members (indices) at normal scores (members, parameters).
            iterations: The most steps that are proposed to each member.
            tell: Called with a line at each iteration.
        """
        for number in range(iterations):
            steps, predicted = self._proposals()
            moving = np.flatnonzero((predicted > CONVERGED) | np.isinf(self._objective))
            rms = np.nanmedian(np.sqrt(np.mean((self.simulated - self.observations) ** 2, axis=1)))
            tell(
                f"iteration {number + 1} of at most {iterations}: {len(moving)} of {len(steps)} members move, "
                f"median residual {rms:.2f} standard errors (r.m.s.)"
            )
            if not len(moving):
                break
            proposals = self.iterates[moving] + steps[moving]
            self._update(moving, steps[moving], predicted[moving], simulate(moving, proposals))

    def switch_model(self, simulated: Array, observations: Array, factors: Array) -> None:
        """Go on with another model from where the members are.

        Args:
            simulated: The data of the other model at the iterates, (members, data).
            observations: The data that members are to reproduce, (members, data), in its units.
            factors: By how much each datum is larger in its units than in those before, (data,).
        """
        self.simulated, self.observations = simulated, observations
        self.jacobians *= factors[:, None]
        self._length[:] = 1.0
        self._objective = self._objectives(np.arange(len(observations)), self.iterates, self.simulated)

    def _proposals(self) -> tuple[Array, Array]:
        """Return each member's next step, and the decrease of its objective that its Jacobian predicts."""
        transposed = np.swapaxes(self.jacobians, 1, 2)
        residuals = self.observations - self.simulated
        downhill = self.anchors - self.iterates + (transposed @ residuals[:, :, None])[:, :, 0]
        curvature = np.eye(self.iterates.shape[1]) + transposed @ self.jacobians
        whole = np.asarray(np.linalg.solve(curvature, downhill[:, :, None])[:, :, 0], dtype=np.float64)
        predicted = self._length * (1.0 - 0.5 * self._length) * np.sum(whole * downhill, axis=1)
        return self._length[:, None] * whole, np.asarray(predicted)

    def _update(self, moving: Indices, steps: Array, predicted: Array, simulated: Array) -> None:
        """Update the Jacobians of the members that moved, accept the steps that lead down, adapt the step lengths."""
        errors = simulated - self.simulated[moving] - (self.jacobians[moving] @ steps[:, :, None])[:, :, 0]
        squares = np.maximum(np.sum(steps**2, axis=1), TINY)
        valid = np.isfinite(simulated).all(axis=1)
        errors[~valid] = 0.0
        self.jacobians[moving] += errors[:, :, None] * (steps / squares[:, None])[:, None, :]
        objectives = self._objectives(moving, self.iterates[moving] + steps, simulated)
        actual = np.where(valid, self._objective[moving] - objectives, -np.inf)
        ratio = actual / np.maximum(predicted, TINY)
        accepted = np.flatnonzero(actual > 0.0)
        length = np.where(ratio > EXPAND_ABOVE, np.minimum(2.0 * self._length[moving], 1.0), self._length[moving])
        self._length[moving] = np.where(ratio < SHRINK_BELOW, 0.5 * length, length)
        self.iterates[moving[accepted]] += steps[accepted]
        self.simulated[moving[accepted]] = simulated[accepted]
        self._objective[moving[accepted]] = objectives[accepted]

    def _objectives(self, members: Indices, scores: Array, simulated: Array) -> Array:
        """Return the objectives of some members at normal scores with these simulated data."""
        prior = np.sum((scores - self.anchors[members]) ** 2, axis=1)
        return np.asarray(0.5 * (prior + np.sum((simulated - self.observations[members]) ** 2, axis=1)))
