"""Drips: the right mail at the right local hour."""
