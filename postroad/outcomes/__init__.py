"""Each row's transitions, published as results."""
