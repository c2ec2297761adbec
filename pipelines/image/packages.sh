#!/bin/sh
# Packages that the build needs and the finished image does not: a compiler, for pyfarmhash, which TFX depends on.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends g++ >/dev/null
rm -rf /var/lib/apt/lists/*
