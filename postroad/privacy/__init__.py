"""What is held about one person: shown to them, and erased when they ask for it."""
