"""Says in sentences what became of a message, and why: for the command line and the inbox."""
