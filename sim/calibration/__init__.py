"""Calibration: parameters to figures, what the figures leave open, and the values back into the scenario's file.

It stands above ``sim.experiments``, whose parameters and simulations it uses.

- ``calibrate``: all of it, from end to end.
- ``levels``, ``evaluations``: what is simulated.
- ``targets``, ``fit``: the least-squares fit of calibrated parameters to fitted figures.
- ``data``, ``descent``, ``posterior``, ``coverage``: the posterior of all free parameters, and its test.
- ``report``, ``writeback``: what is written.
"""
