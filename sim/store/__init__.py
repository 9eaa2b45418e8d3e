"""The stored form of a run: its tables and their columns, writing and reading them, the run's folder."""
