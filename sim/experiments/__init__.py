"""Experiments: many runs for one question: compare policies, attribute to layers, sweep, rank parameters, find staff.

- ``compare``, ``pairing``, ``paired``, ``fates``, ``sparing``: policies on the same attempts and people.
- ``attribute``, ``layers``, ``layer_costs``, ``shapley``, ``gangs``: what each layer of the shield prevents and costs.
- ``sweep``, ``design``: a table of runs over chosen values.
- ``sensitivity``, ``indices``: which parameters matter.
- ``staffing``, ``promise``, ``trials``, ``bisection``: the smallest staff that keeps a promise; ``officers``: the staff
  of a scenario.
- ``simulations``, ``processes``, ``cluster``, ``store``, ``journal``, ``replicates``, ``rerun``: making and keeping
runs.
- ``parameters``, ``intervals``, ``counts``, ``beginning``: numbers with a range, confidence intervals, numbers of runs,
  a new scenario.
"""
