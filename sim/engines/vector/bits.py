"""Bits in which the kernels keep what stops an attempt, and what could still come of one that nothing has stopped."""

from typing import Final

# Reasons that stop an attempt at gates 1 to 4. They are found together, not in order, so an attempt may have several.
UNSENT: Final = 1
"""Gate 1: it is never sent."""
DEAD: Final = 2
"""Gate 3: the card that it would come from has been taken."""
CAUGHT: Final = 4
"""Gate 4: the filter of its channel stops it."""
RAIDED: Final = 8
"""Gate 2: its den is raided."""
MIXED: Final = 16
"""Whether its den is raided is not known yet: the top bits of its uniform are shared by raided and other slots, so the
slot must be found by the whole uniform. The highest of the five bits."""

# What may still come of an attempt that has passed gates 1 to 4, as far as its uniforms tell; in the bits above,
# the code of its fate if a later gate stops it before anybody could answer, else 0.
MAY_ALARM: Final = 1
"""A detector may raise an alert on it even if nobody engages."""
MAY_ANSWER: Final = 2
"""It is answered if its half hour and its person are among those that answer most often."""
STOP_SHIFT: Final = 2
"""Where the code of the fate begins."""
STOPPED: Final = 1 << STOP_SHIFT
"""The least value of an attempt that is stopped."""
