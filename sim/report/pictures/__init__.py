"""Pictures: one module a subject, each picture a function of a finished run beside the table of what it draws."""
