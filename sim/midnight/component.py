"""The base class of components that users write, which react at midnight to the day that has ended."""

from datetime import date

from sim.midnight.tomorrow import Tomorrow
from sim.midnight.yesterday import Yesterday


class Component:
    """Reacts at each midnight to the day that has ended, by changing the day that begins.

    Write a class that extends it, with ``at_midnight``, and pass an instance of it to ``sim.run``, ``sim.compare`` or
    ``sim.sweep``. It runs in either engine, with equal results. Each run gets its own copy, in the state in which it
    was passed.

    It remembers its attributes from day to day. A component must not draw at random, nor use files, clocks or anything
    else except its arguments and attributes: otherwise runs cannot be reproduced.
    """

    def at_midnight(self, day: date, yesterday: Yesterday, tomorrow: Tomorrow) -> None:
        """React at the midnight at which a day begins, after the model's own changes.

        Args:
            day: The day that begins.
            yesterday: The day that has ended; at the first midnight of a run all its counts are 0.
            tomorrow: The day that begins. Changes made here hold until they are changed again.
        """
        raise NotImplementedError(f"{type(self).__name__} has no at_midnight")
