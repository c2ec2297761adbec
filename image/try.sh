#!/bin/sh
# The image without a container engine: the steps of the Dockerfile in plain roots of Debian, then a node of a pipeline in
# it as the image's user. Run as root from the source folder, with debootstrap; says the sizes. What is there is used again.
#   sh image/try.sh FOLDER                    TFX 1.21, as BASE=python:3.13-slim-trixie: Debian 13 has that Python itself
#   sh image/try.sh FOLDER bookworm PREFIX    TFX 1.16, as BASE=python:3.10-slim-bookworm: with the Python 3.10 that stands in PREFIX
set -eu
# Mounts are this process's own and end with it.
[ -n "${MOUNTS_OF_ITS_OWN:-}" ] || MOUNTS_OF_ITS_OWN=1 exec unshare --mount --pid --fork --kill-child sh "$0" "$@"
folder=$1 suite=${2:-trixie} prefix=${3:-}
build=$folder/build run=$folder/run
if [ -n "$prefix" ]; then # what python:3.10-slim has
  python=libssl3,libffi8,libsqlite3-0,zlib1g,libbz2-1.0,liblzma5,libreadline8,libncursesw6,libuuid1 python_to_build=$python
else
  python=python3 python_to_build=python3,python3-dev,python3-venv
fi
make_root() { # FOLDER PACKAGES
  [ -e "$1/.made" ] || debootstrap --variant=minbase --include="$2" "$suite" "$1" >/dev/null
  [ -z "$prefix" ] || cp -a "$prefix/." "$1/usr/local/"
  touch "$1/.made"
  rm -rf "$1"/var/cache/apt/archives/*.deb
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
  mkdir -p "$1/etc/ssl/certs"
  cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
  [ -z "$prefix" ] || chroot "$1" ldconfig # a Python may be a shared library
  mount -t proc proc "$1/proc"
  mount --rbind /dev "$1/dev"
}
inside() { # FOLDER COMMAND
  root=$1
  shift
  chroot "$root" env -i HOME=/root PATH=/opt/headrace/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt "$@"
}

make_root "$build" "$python_to_build,ca-certificates"
rm -rf "$build/src" "$build/opt/headrace"
mkdir -p "$build/src"
cp -R Dockerfile README.md LICENSE pyproject.toml requirements.lock src components pipelines image "$build/src"
inside "$build" sh -c 'cd /src && sh image/packages.sh && sh image/python.sh'

make_root "$run" "$python"
rm -rf "$run/opt/headrace"
cp -a "$build/opt/headrace" "$run/opt/"
cp image/user.sh "$run/tmp/"
inside "$run" sh -c 'id headrace >/dev/null 2>&1 || sh /tmp/user.sh; rm /tmp/user.sh'
cp image/smoke.py "$run/app/"
chroot --userspec=10001:10001 "$run" env -i HOME=/app PATH=/opt/headrace/bin:/usr/local/bin:/usr/bin:/bin TF_CPP_MIN_LOG_LEVEL=3 \
  MPLCONFIGDIR=/tmp/matplotlib sh -c 'cd /app && python --version && headrace --version && python smoke.py'
for part in "$run/opt/headrace/lib/python3"*"/site-packages/tensorflow" "$run/opt/headrace" "$run"; do
  echo "$(du -smx "$part" | cut -f1) MB: ${part#"$run"}"
done
