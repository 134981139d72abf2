"""The governor: the account's sending rate and daily quota, leased to whoever sends."""
