"""Messages as they were accepted, kept while something still waits for them."""
