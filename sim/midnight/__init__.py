"""What changes between two days, as an ordered list, and what the engines read until the next midnight."""
