"""What a stored run says: totals and figures, costs, chance, evidence, findings, and the check of a run."""
