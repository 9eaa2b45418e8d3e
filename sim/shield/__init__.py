"""The gates that every potential attempt meets, one file a gate.

``SHIELD`` in ``sim/base/words.py`` declares them in their order. Gates 1 to 6 each stop a share of the attempts of a
cell that reach them: ``thresholds.py`` puts these shares into one table, which is all that engines read of them. Gate 7
asks the person. ``docs/architecture.md`` says how to add one.
"""
