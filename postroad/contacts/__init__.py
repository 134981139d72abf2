"""Contacts: who they are, what they agreed to, and how they leave."""
