"""What SES reports, turned into statuses and suppressions."""
