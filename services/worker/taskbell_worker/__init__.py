"""The worker: takes tickets over arq, claims their jobs from Postgres and runs them."""
