"""The constructs, each a noun of the domain; grants stand inside the construct that owns the need."""
