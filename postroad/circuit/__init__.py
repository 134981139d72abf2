"""The switch of a stream: paused by an operator, or by its own circuit when SES takes no mail."""
