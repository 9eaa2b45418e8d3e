"""Calibration: parameters to figures, what the figures leave open, and the values back into the scenario's file.

It stands above ``sim.experiments``, whose parameters and simulations it uses.

- ``calibrate``: all of it, from end to end.
- ``levels``, ``evaluations``: what is simulated.
- ``targets``, ``fit``: the least-squares fit of calibrated parameters to fitted figures.
- ``prior``, ``data``, ``emulator``, ``descent``, ``posterior``: the posterior of all free parameters.
- ``emulated``, ``discrepancy``, ``coverage``: what says whether it can be trusted.
- ``answers``, ``drivers``, ``policies``: what it says of totals and of policies, and what that hangs on.
- ``report``, ``page``, ``writeback``: what is written.
"""
