"""Experiments: many runs for one question: compare policies, attribute to layers, sweep, rank parameters, find staff.

- ``paired``: replicates and comparisons whose runs are kept, and a run made again; ``compare``, ``pairing``: what pairs
  of runs on the same attempts and people say.
- ``attribute``: what each layer of the shield prevents and costs.
- ``sweep``: a table of runs over chosen values. ``sensitivity``: which parameters matter.
- ``staffing``, ``trials``: the staff of a scenario, and the smallest that keeps a promise.
- ``parameters``: numbers with a range, designs, and numbers of runs.
- ``simulations``, ``store``: making runs and keeping their outcomes; the folder of an experiment.
"""
