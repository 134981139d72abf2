"""The contract between applications and Postroad: messages in, results out."""
