"""Traffic for a stage that mails nobody: described as a mix, made, enqueued at a pace, and watched."""
