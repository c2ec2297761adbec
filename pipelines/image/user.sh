#!/bin/sh
# Adds the user that the image runs as: without privileges, and owner of /app and /headrace only.
set -eu
useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin headrace 2>/dev/null
mkdir -p /app /headrace
chown 10001:10001 /app /headrace
