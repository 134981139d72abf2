"""`postroad suppression`: its commands, and the CSV that two of them read and write."""
