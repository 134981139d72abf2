"""Postroad: a serverless e-mail sending stack for your own AWS account."""
