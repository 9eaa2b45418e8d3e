"""The studio: a local page that changes a policy, compares it with the baseline, and saves it as a scenario file."""
