"""What Tocsin costs: beside the limits of the machine, beside its peers, and engine beside engine."""
