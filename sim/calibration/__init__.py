"""Calibration: fit parameters to figures, sample the posterior, and write the values back into the scenario's file.

- ``calibrate``: the whole calibration; ``report``: its text, and windows left out.
- ``fit``: its runs at coarse and fine levels, the least-squares fit of calibrated parameters to fitted figures, and the
  data of a posterior.
- ``prior``, ``posterior``: the posterior of all free parameters, and stored draws.
- ``policies``: totals and policies over the draws, and what it would be worth to know what they depend on.
- ``predict``: figures that nobody has reported.
"""
