"""The tiered and classified warning mechanism: who is found, how urgent it seems, who warns, and whether it helps."""
