"""Links in mails that lead to us: the tokens in them, and what the pages behind them do."""
