"""What became of mail, counted by day, stream and dimension, and read as rates."""
