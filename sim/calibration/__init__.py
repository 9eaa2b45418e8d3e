"""Calibration: fit parameters to figures, sample the posterior, and write the values back into the scenario's file.

- ``calibrate``: the whole calibration.
- ``evaluations``: its runs, at coarse and fine levels.
- ``targets``, ``fit``: the least-squares fit of calibrated parameters to fitted figures.
- ``prior``, ``data``, ``emulator``, ``descent``, ``posterior``: the posterior of all free parameters.
- ``coverage``: windows left out, and the discrepancy of the model.
- ``policies``, ``drivers``: totals and policies over the draws, the parameters they depend on, and what it would be
  worth to know these.
- ``report``, ``writeback``, ``draws``: the output, and stored draws.
"""
