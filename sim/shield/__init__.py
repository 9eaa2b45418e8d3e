"""The gates that every potential attempt passes, one file a gate, in the order of the cascade.

Each file holds the thresholds that the macro layer computes at midnight. Gates 1 to 6 stop a share of the attempts of a
cell that come to them, and no engine knows one from another: ``thresholds.py`` puts them into one table. Gate 7 asks
the person.

To add a gate after gate 5:

1. ``sim/base/words.py``: a ``Fate`` in the order of the gates, the codes after it one higher.
2. A file here: the thresholds of the gate.
3. ``thresholds.py``: a row of the table, and ``sim/midnight/night.py``, ``open_day``: its thresholds.
4. ``sim/scenario/schema/gates.py``, and the scenarios: its parameter.
"""
