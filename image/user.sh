#!/bin/sh
# Whom the image runs as: a user of no rights, who owns /app only.
set -eu
useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin headrace 2>/dev/null
mkdir -p /app /headrace
chown 10001:10001 /app /headrace
