"""What contacts did: their events, and the facts that follow from them."""
