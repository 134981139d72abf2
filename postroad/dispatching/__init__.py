"""What the function `dispatch` does each minute: switches, evidence, what is due, and the daily audit."""
