"""What FastAPI can do at best: the limits our API is measured against."""
