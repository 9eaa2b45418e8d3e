"""Tests of the studio: its guard, its policies, its runs, and an analyst's hour in a browser."""
