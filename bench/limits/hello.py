"""The ceilings: FastAPI saying hello, without and with the check of an access token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from bench.limits.app import Caller
from bench.limits.tuning import settle


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Open nothing."""
    settle()
    yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.get("/hello")
async def hello() -> dict[str, str]:
    """Say hello."""
    return {"hello": "world"}


@app.get("/hello/caller")
async def hello_caller(user: Caller) -> dict[str, str]:
    """Say hello to whoever has a token."""
    return {"hello": str(user)}
