"""Renders a template folder of `templates/` into the subject, text and HTML of one e-mail."""
