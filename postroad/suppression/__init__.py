"""Addresses that a stream may not mail, with the reason, the evidence and the history."""
