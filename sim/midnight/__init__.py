"""The macro layer: an ordered list of components that change between two days, and the results that engines read."""
