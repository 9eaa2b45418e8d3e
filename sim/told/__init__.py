"""Results in words and tables of text: the answer of a run, and what the commands print."""
