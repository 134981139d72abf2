"""How `postroad.client` puts messages on a queue."""
