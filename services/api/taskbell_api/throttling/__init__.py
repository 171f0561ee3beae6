"""How often somebody may sign in, sign up and the like; counted in Redis, or here without it.

    buckets     a limit and how full it is
    stores      where it is kept: Redis for all processes, memory while Redis is away
    settings    RATE_LIMIT_…
    operations  what is limited, and by whose address or account
    throttle    the service: `Throttle`, and `limited` for routes
    answers     what the caller is told: 429, and headers on every answer
    addresses   whose address a request came from

docs/decisions/0007-throttling.md says why it is made this way.
"""
