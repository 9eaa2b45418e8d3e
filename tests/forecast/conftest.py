"""Experiments of which only the number of runs is of interest."""

from tests.one_process import one_process

__all__ = ["one_process"]
