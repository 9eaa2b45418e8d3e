"""The gates that every potential attempt passes, one file a gate, in the order of the cascade.

Each file holds what the macro layer makes of the gate at midnight (integer thresholds) and the compiled function
with which an engine asks it. A gate acts when a 32-bit uniform of the attempt is below its threshold.
"""
