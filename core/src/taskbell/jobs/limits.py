"""Defaults of settings, in a module that loads nothing: the worker's health check reads them."""

LEASE_SECONDS = 60.0
"""So long does a job of a worker that died wait for another one."""

TICKET_PATIENCE_SECONDS = 10.0
"""A ticket that was not used by then is believed lost. Should it still be in the queue, then
nothing happens: tickets are few (see the relay) and not doubled."""
