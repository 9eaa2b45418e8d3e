"""Identity and purpose become random numbers."""
