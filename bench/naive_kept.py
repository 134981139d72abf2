"""The naive sender with its templates compiled once per process: how much of its work that alone is."""

from functools import cache

from bench import naive

naive.environment.from_string = cache(naive.environment.from_string)  # type: ignore[assignment]  # on purpose
lambda_handler = naive.lambda_handler
