#!/bin/sh
# Roles and database, on the first start of Postgres. Safe to run again, for instance after the
# secrets were made anew:  docker compose exec db sh /docker-entrypoint-initdb.d/init-db.sh
set -eu
{
  # Through stdin: a command line could be read in the list of processes.
  printf "\\\\set owner_password '%s'\n" "$(cat /run/secrets/owner_password)"
  printf "\\\\set app_password '%s'\n" "$(cat /run/secrets/app_password)"
  cat /taskbell/roles.sql
} | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres
