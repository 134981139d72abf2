"""Counting what became of mail: what the function `counting` does."""
