"""The gates that every potential attempt passes, one file a gate, in the order of the cascade.

Each file holds the thresholds that the macro layer computes at midnight and the compiled function that tells whether
an attempt is stopped: it is when its 32-bit uniform is below the threshold.
"""
