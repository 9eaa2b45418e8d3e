"""An ensemble on its way to its data: damped Gauss-Newton steps, each member with a Jacobian of its own.

Each member minimises half of |scores - anchor|^2 + |data - wanted|^2. All members step at the same time, so that their
simulations run side by side. A derivative of two hundred parameters would cost each of them two hundred simulations:
they begin with that of the place where all begin, and what a step then finds instead of what was foreseen goes into
the member's own (Broyden, Mathematics of Computation 19, 1965).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

ENOUGH = 0.1
"""A member rests when its next step promises to lower the sum by less: by less than half an error in a single datum."""

KEPT, BROKEN = 0.75, 0.25
"""Steps double, up to the whole, where one has kept so much of its promise, and halve where it has kept so little."""

TINY = 1e-300
"""Where nothing may be divided by nothing."""


class Descent:
    """An ensemble: ``anchors`` and ``at`` (members, parameters) in scores, ``wanted`` and ``data`` (members, data).

    ``slopes`` (members, data, parameters) is each member's Jacobian. All begin at the same place ``start``, whose data
    are ``found``; the first step is taken whatever it leads to, since the place of all is nobody's own. No step is
    taken to where there are no data (NaN), and a member that has none rests.
    """

    def __init__(self, anchors: Array, wanted: Array, start: Array, found: Array, slopes: Array) -> None:
        members = len(anchors)
        self.anchors = anchors
        self.wanted = wanted
        self.at = np.tile(start, (members, 1))
        self.data = np.tile(found, (members, 1))
        self.slopes = np.tile(slopes, (members, 1, 1))
        self._length = np.ones(members)
        self._sum = np.full(members, np.inf)

    def run(self, simulate: Callable[[Indices, Array], Array], rounds: int, tell: Callable[[str], None]) -> None:
        """Take up to so many steps with each member; ``simulate`` gives the data of members (indices) at scores."""
        for number in range(rounds):
            moves, promised = self._proposed()
            going = np.flatnonzero((promised > ENOUGH) | np.isinf(self._sum))
            off = np.nanmedian(np.sqrt(np.mean((self.data - self.wanted) ** 2, axis=1)))
            tell(f"step {number + 1} of at most {rounds}: {len(going)} of {len(moves)} move, {off:.2f} errors off")
            if not len(going):
                break
            self._take(going, moves[going], promised[going], simulate(going, self.at[going] + moves[going]))

    def hand_over(self, data: Array, wanted: Array, stretched: Array) -> None:
        """Go on from here with another model, whose ``data`` (members, data) are those of the places where members are.

        Its unit of each datum is 1 / ``stretched`` (data,) of what it was.
        """
        self.data, self.wanted = data, wanted
        self.slopes *= stretched[:, None]
        self._length[:] = 1.0
        self._sum = self._sums(np.arange(len(wanted)), self.at, self.data)

    def _proposed(self) -> tuple[Array, Array]:
        """Give each member's next step, and by how much it lowers the sum if the Jacobian is right."""
        back = np.swapaxes(self.slopes, 1, 2)
        downhill = self.anchors - self.at + (back @ (self.wanted - self.data)[:, :, None])[:, :, 0]
        curvature = np.eye(self.at.shape[1]) + back @ self.slopes
        whole = np.asarray(np.linalg.solve(curvature, downhill[:, :, None])[:, :, 0], dtype=np.float64)
        promised = self._length * (1.0 - 0.5 * self._length) * np.sum(whole * downhill, axis=1)
        return self._length[:, None] * whole, np.asarray(promised)

    def _take(self, going: Indices, moves: Array, promised: Array, found: Array) -> None:
        """Learn from the steps of some members, and keep those that lead down."""
        missed = found - self.data[going] - (self.slopes[going] @ moves[:, :, None])[:, :, 0]
        lengths = np.maximum(np.sum(moves**2, axis=1), TINY)
        told = np.isfinite(found).all(axis=1)
        missed[~told] = 0.0
        self.slopes[going] += missed[:, :, None] * (moves / lengths[:, None])[:, None, :]
        sums = self._sums(going, self.at[going] + moves, found)
        gained = np.where(told, self._sum[going] - sums, -np.inf)
        kept = gained / np.maximum(promised, TINY)
        better = np.flatnonzero(gained > 0.0)
        length = np.where(kept > KEPT, np.minimum(2.0 * self._length[going], 1.0), self._length[going])
        self._length[going] = np.where(kept < BROKEN, 0.5 * length, length)
        self.at[going[better]] += moves[better]
        self.data[going[better]] = found[better]
        self._sum[going[better]] = sums[better]

    def _sums(self, members: Indices, at: Array, data: Array) -> Array:
        ways = np.sum((at - self.anchors[members]) ** 2, axis=1)
        return np.asarray(0.5 * (ways + np.sum((data - self.wanted[members]) ** 2, axis=1)))
