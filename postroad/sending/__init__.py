"""From a queued message to one request to SES, or to a reason why not."""
