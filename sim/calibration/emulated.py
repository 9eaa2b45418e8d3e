"""The same posterior with an emulator in the model's place: as many draws as one likes, in seconds."""

import numpy as np
import numpy.typing as npt

from sim.calibration.descent import Descent
from sim.calibration.emulator import Emulator

Array = npt.NDArray[np.float64]

STEPS = 12
"""Steps at most: an emulator costs nothing."""

CONVERGED = 0.1
"""A draw has converged when its next step is predicted to lower its objective by less than this: half a standard error
in a single datum makes up 0.125. Draws of the flagship's 255 parameters, 16 long in normal scores, end 0.4 (median)
from where a twentieth of it takes them."""


def emulated_draws(
    emulator: Emulator, observed: Array, errors: Array, members: int, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Draw from the posterior of an emulator by randomised maximum likelihood, as ``sample_posterior`` does.

    Args:
        emulator: Predicts data by normal scores.
        observed: (data,) The data.
        errors: (data,) Their standard errors.
        members: How many draws are made.
        generator: Makes their randomness.

    Returns:
        Normal scores, (members, parameters), and residuals, (members, data), in standard errors.
    """
    start = np.zeros(emulator.slopes.shape[1])
    anchors = generator.standard_normal((members, len(start)))
    noise = generator.standard_normal((members, len(observed)))
    stretched = emulator.in_units(errors)

    def residuals(scores: Array) -> Array:
        return np.asarray(stretched.predicted(scores) - observed / errors)

    none = np.zeros(len(observed))
    simulated = residuals(start[None, :])[0]
    descent = Descent(start, anchors, noise, simulated, none, longest=1.0, converged=CONVERGED)
    descent.run(lambda _, scores: residuals(scores), lambda: stretched, STEPS, lambda line: None)
    return descent.iterates, descent.simulated
