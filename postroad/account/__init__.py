"""The AWS account as SES sees it: how much mail it may send, and has sent."""
