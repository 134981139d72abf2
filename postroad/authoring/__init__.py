"""What a writer of e-mails uses on their own machine: projects, previews, golden files, new folders."""
