"""Calibration: parameters to figures, what the figures leave open, and the values back into the scenario's file."""
