"""Tocsin: a simulation engine for fraud early-warning systems."""

from sim.version import __version__

__all__ = ["__version__"]
