"""`postroad contact`: its commands, and the CSV and JSON Lines that two of them read and write."""
