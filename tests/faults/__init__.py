"""Real processes killed, frozen and flushed, and what must be true afterwards."""
