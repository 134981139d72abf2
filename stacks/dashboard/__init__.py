"""The rows of a stage's CloudWatch dashboard, one module for each."""
