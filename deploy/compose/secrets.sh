#!/bin/sh
# Makes the folder `secrets` beside docker-compose.yml: passwords for PostgreSQL and Redis with their addresses, and an empty file for each of the
# others, to be filled by hand. What is there already is left as it is.
set -eu
cd "$(dirname "$0")/../.."

# The folder keeps others out. The files must be open: Docker hands them to a user of the container whom this machine does not know.
mkdir -p secrets
chmod 700 secrets
umask 022

password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make() { [ -e "secrets/$1" ] || printf '%s' "$2" > "secrets/$1"; }

make postgres_password "$(password)"
make redis_password "$(password)"
make database_url "postgres://holdfast:$(cat secrets/postgres_password)@postgres:5432/holdfast"
make redis_url "redis://:$(cat secrets/redis_password)@redis:6379"
for name in aws_credentials github_token slack_token slack_app_token heartbeat_url ledger_key; do make "$name" ''; done

echo 'The secrets are in ./secrets. Empty ones are not used; fill those that holdfast.yaml names.'
