"""The message ledger: one row per message, which holds its status and its whole decision record."""
