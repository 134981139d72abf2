"""The inbox as web pages: rendered on the server, live where a browser runs its few scripts."""
