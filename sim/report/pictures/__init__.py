"""Pictures: a module for each subject, a function of a finished run for each picture, and one for its table."""
