"""Requests to AWS that we sign and make ourselves: each exactly once, where every millisecond counts."""
