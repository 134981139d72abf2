"""Lists that commands import and export: read row by row, carried to a store, reported, and written."""
