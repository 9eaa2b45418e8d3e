"""The gates that every potential attempt passes, one file a gate, in the order of the cascade.

Each file holds the thresholds that the macro layer computes at midnight and the compiled function that tells whether
an attempt is stopped: it is when its 32-bit uniform is below the threshold.

To add a gate after gate 5:

1. ``sim/words.py``: a ``Fate`` in the order of the gates, the codes after it one higher.
2. ``sim/draws/purposes.py``: a purpose of its own, so that no other draw changes.
3. A file here: the thresholds of the gate, and a compiled function that tells whether an attempt is stopped.
4. ``thresholds.py``: a field of ``GateThresholds`` and its value in ``thresholds_of_day``.
5. ``sim/scenario/schema/gates.py``, and the scenarios: its parameter.
6. ``sim/engines/reference/attempts.py``: one question in ``Arrival.pass_filters``.
7. ``sim/engines/vector/gates.py``: one more draw, comparison and count in ``pass_sites``.
"""
