"""Defaults of settings, in a module that loads nothing: the worker's health check reads them."""

TIMEOUT_SECONDS = 20.0
"""For each step of the dialogue; well below a lease."""

POOL_SIZE = 16
"""Connections to the mail server."""
