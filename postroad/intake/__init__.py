"""Events of contacts over HTTP: what the function `intake` does."""
