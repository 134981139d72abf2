"""How far SES's events have been applied: what makes silence a proof."""
