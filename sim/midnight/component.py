"""Components that users write: what reacts at midnight to the day that has ended."""

import copy
from datetime import date
from typing import Any

from sim.midnight.tomorrow import Tomorrow
from sim.midnight.yesterday import Yesterday


class Component:
    """What reacts at each midnight to the day that has ended, by changing the day that begins.

    Write a class that extends it, with ``at_midnight``, and give an instance of it to ``sim.run``, ``sim.compare`` or
    ``sim.sweep``. It runs in either engine, with equal results. Each run gets its own copy, as it was when given.

    What it remembers from day to day are its attributes, by default all of them: numbers, texts, True, False, None, and
    lists, maps and numpy arrays of these. A component must not draw at random, nor read files, clocks or anything else
    but its arguments and attributes: otherwise runs cannot be reproduced.
    """

    def at_midnight(self, day: date, yesterday: Yesterday, tomorrow: Tomorrow) -> None:
        """React at the midnight at which a day begins, after all that the model itself changes.

        Args:
            day: The day that begins.
            yesterday: What happened on the day that has ended; at the first midnight of a run nothing has.
            tomorrow: The day that begins, as it will be. What is changed here holds until it is changed again.
        """
        raise NotImplementedError(f"{type(self).__name__} has no at_midnight")

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of what it remembers, for a checkpoint: by default all its attributes."""
        return copy.deepcopy(vars(self))

    def resume(self, snapshot: dict[str, Any]) -> None:
        """Take over what ``snapshot`` returned, before the first midnight that follows a checkpoint."""
        vars(self).update(snapshot)
