"""Calibration: fit parameters to figures, sample the posterior, and write the values back into the scenario's file.

- ``calibrate``: the whole calibration.
- ``evaluations``: its runs, at coarse and fine levels.
- ``targets``, ``fit``: the least-squares fit of calibrated parameters to fitted figures.
- ``prior``, ``data``, ``emulator``, ``descent``, ``posterior``: the posterior of all free parameters.
- ``discrepancy``, ``coverage``: tests of whether it can be trusted.
- ``drivers``, ``policies``: totals and policies over the draws, and the parameters they depend on.
- ``report``, ``page``, ``writeback``: the output.
"""
