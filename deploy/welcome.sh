#!/bin/sh
# Says where to go once there is somewhere to go. Run by the gateway image's entrypoint, which
# goes on to nginx, so the waiting is in the background. PUBLIC_URL empty: says nothing.
[ -n "${PUBLIC_URL:-}" ] || exit 0
(
  until curl --fail --silent --max-time 3 --output /dev/null http://127.0.0.1:8080/health/ready; do
    sleep 1
  done
  printf '\n  Taskbell is ready.\n    page  %s\n    API   %s/docs\n' "$PUBLIC_URL" "$PUBLIC_URL"
  [ -z "${MAIL_PAGE:-}" ] || printf '    mail  %s\n' "$MAIL_PAGE"
  printf '\n'
) &
