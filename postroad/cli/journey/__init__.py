"""`postroad journey`: journeys as files, tried before they run, and looked after while they do."""
