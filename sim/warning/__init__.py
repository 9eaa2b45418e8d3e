"""The warning system: whom detectors find, how urgent it seems, who warns the person, and whether they stop."""
