"""The vector engine: arrays by day and province through compiled kernels, and one compiled event loop a province.

It reads the same tables, gates and draws as the reference engine, and gives the same answer bit for bit.
"""
