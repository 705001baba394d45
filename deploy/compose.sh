#!/usr/bin/env bash
# The whole way with Docker, as CI with a daemon runs it: folders, secrets, up, a file dropped, its rows, down.
# Works in the folder given, or in a fresh one; needs `docker compose`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
to=${1:-$(mktemp -d)}
mkdir -p "$to/deploy"
cp "$here/compose.yaml" "$to/deploy/"
cp -r "$here/../Dockerfile" "$here/../.dockerignore" "$here/../pyproject.toml" "$here/../README.md" \
    "$here/../CHANGELOG.md" "$here/../LICENSE" "$here/../pipeline" "$to/"
cd "$to/deploy"
mkdir -p secret shop
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '%s' "$password" >secret/database-password
printf 'postgresql://pipeline:%s@database/shop' "$password" >secret/database-url
chmod 644 secret/*
docker compose build --quiet
docker compose run --rm --no-deps --user 0 --entrypoint sh pipeline -c \
    "pipeline init /shop && sed -i 's|^database.*|database = \"file:/run/secrets/database-url\"|' /shop/config.toml && chown -R 10001 /shop"
docker compose up -d --wait
docker compose cp "$here/sample.csv" pipeline:/shop/inbox/web-sales/.sample.part
docker compose exec pipeline mv /shop/inbox/web-sales/.sample.part /shop/inbox/web-sales/sample.csv
for _ in $(seq 60); do
    docker compose exec pipeline pipeline files --state archived | grep -q sample.csv && break
    sleep 1
done
docker compose exec pipeline pipeline files --state archived | grep sample.csv
docker compose down -v
