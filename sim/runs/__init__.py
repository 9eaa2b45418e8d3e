"""Runs, comparisons and sweeps as users hold them: tables with their answers and pictures.

Code that compares or draws reads a stored run (``sim.reading.run``), so that module cannot import pictures. What users
hold is therefore made here, above the report.
"""
