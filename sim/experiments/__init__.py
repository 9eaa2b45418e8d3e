"""Experiments: many runs of one question. Comparing policies, attributing to layers, sweeping, sensitivity, staffing.

- ``compare``, ``pairing``, ``paired``, ``fates``: policies on the same attempts and people.
- ``attribute``, ``layers``, ``shapley``: what each layer of the shield prevents and costs; ``gangs``: that stand still,
  or answer.
- ``sweep``, ``design``, ``box``: a table of runs over chosen values.
- ``explored``, ``surface``: what a sweep says between its points, and how far off that may be.
- ``sensitivity``, ``indices``: which parameters matter.
- ``staffing``, ``promise``, ``trials``, ``bisection``: the smallest staff that keeps a promise; ``half_hours``,
  ``roster``, ``rostering``: by half hour.
- ``parameters``, ``simulations``, ``store``, ``cluster``, ``intervals``: what several of them need.
- ``table``, ``sensitivity_table``: how they are shown on the terminal.
"""
