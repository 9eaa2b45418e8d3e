"""Episodes: the stages after a person engages, until the episode ends or is ended."""
