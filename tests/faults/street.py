"""The whole stack with a proxy before each server, so that the network can be cut."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskbell_local.stack import Stack
from tests.faults.mailserver import MailServer, mail_server
from tests.faults.proxy import Proxy, proxy

SERVICES = ("postgres", "redis", "migrate", "worker", "api", "nginx")


@dataclass
class Street:
    """A stack whose services reach `postgres`, `redis` and `smtp` over proxies."""

    stack: Stack
    server: MailServer
    proxies: Mapping[str, Proxy]

    @property
    def database_url(self) -> str:
        """Through the proxy, as the services connect."""
        return self.stack.plan.database_url("app", port=self.proxies["postgres"].port)


@asynccontextmanager
async def running(stack: Stack) -> AsyncIterator[Stack]:
    """Start a stack in a thread: what it needs of this loop, such as a proxy, goes on."""
    await asyncio.to_thread(stack.__enter__)
    try:
        yield stack
    finally:
        await asyncio.to_thread(stack.close)


@asynccontextmanager
async def street(page: Path, env: Mapping[str, str], **more: Any) -> AsyncIterator[Street]:
    """Everything, with two workers and two API replicas; `more` goes to `Stack`."""
    (page / "index.html").write_text("no page is needed here")
    stacks: list[Stack] = []
    async with AsyncExitStack() as opened:
        server = await opened.enter_async_context(mail_server())
        proxies = {
            "postgres": await opened.enter_async_context(
                proxy(lambda: stacks[0].plan.postgres_port)
            ),
            "redis": await opened.enter_async_context(proxy(lambda: stacks[0].plan.redis_port)),
            "smtp": await opened.enter_async_context(proxy(lambda: server.port)),
        }
        detours = {name: proxies[name].port for name in ("postgres", "redis")}
        options: dict[str, Any] = {"services": SERVICES, "workers": 2, "api_replicas": 2, **more}
        stack = Stack(
            env={"AUTH_RATE": "100r/s", "RATE_LIMIT_FACTOR": "100", "LOG_LEVEL": "warning", **env},
            detours=detours,
            smtp_url=f"smtp://127.0.0.1:{proxies['smtp'].port}",
            web_root=page,
            **options,
        )
        stacks.append(stack)
        await opened.enter_async_context(running(stack))
        yield Street(stack, server, proxies)
