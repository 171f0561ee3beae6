"""`python -m bench.limits app|hello`: serve one, with the options our API is served with."""

import os
import sys

import uvicorn


def main() -> None:
    """Serve on `API_PORT` of loopback."""
    uvicorn.run(
        f"bench.limits.{sys.argv[1]}:app",
        host="127.0.0.1",
        port=int(os.environ["API_PORT"]),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,  # it would cost the limit a layer
        timeout_keep_alive=5,
    )


if __name__ == "__main__":
    main()
