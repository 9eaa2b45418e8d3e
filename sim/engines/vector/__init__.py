"""The vector engine: compiled kernels over arrays by day and province, and one compiled event loop per province.

It reads the same tables, gates and draws as the reference engine, and gives the same results bit for bit.
"""
