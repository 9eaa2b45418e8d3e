"""The reference engine: SimPy, event by event, written to be read."""
