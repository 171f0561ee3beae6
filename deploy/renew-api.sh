#!/bin/sh
# Replaces the running api containers by new ones (new image, new settings) without a gap: new ones
# join and are healthy before the old ones end, one after another. `docker compose up -d` alone
# stops all replicas at once; the gateway then answers 503 with Retry-After until one is back.
# Run it after a migration that the old version can live with, as additive ones are.
set -eu
cd "$(dirname "$0")"
old=$(docker compose ps --quiet api)
count=$(echo "$old" | grep -c .)
docker compose up -d --no-deps --no-recreate --scale "api=$((count * 2))" --wait api
for container in $old; do
  docker stop "$container" >/dev/null
  docker rm "$container" >/dev/null
done
docker compose ps api
