#!/bin/sh
# Builds and tries the image without a container engine: runs the steps of the Dockerfile in plain Debian roots, then a node
# of a pipeline in the result, as the user of the image. Prints the sizes. Needs root and debootstrap; run it from the source
# folder. Debian roots that an earlier run left in FOLDER are used again.
#   sh pipelines/image/try.sh FOLDER                  TFX 1.21, like BASE=python:3.13-slim-trixie (Debian 13 has that Python)
#   sh pipelines/image/try.sh FOLDER bookworm PREFIX  TFX 1.16, like BASE=python:3.10-slim-bookworm, with the Python 3.10
#                                                     that is installed in PREFIX
set -eu
# A mount namespace for this process alone, so that the mounts end with it.
[ -n "${PRIVATE_MOUNTS:-}" ] || PRIVATE_MOUNTS=1 exec unshare --mount --pid --fork --kill-child sh "$0" "$@"
folder=$1 suite=${2:-trixie} prefix=${3:-}
build=$folder/build run=$folder/run
if [ -n "$prefix" ]; then # the libraries that python:3.10-slim has
  python=libssl3,libffi8,libsqlite3-0,zlib1g,libbz2-1.0,liblzma5,libreadline8,libncursesw6,libuuid1 python_to_build=$python
else
  python=python3 python_to_build=python3,python3-dev,python3-venv
fi
make_root() { # FOLDER PACKAGES
  [ -e "$1/.complete" ] || debootstrap --variant=minbase --include="$2" "$suite" "$1" >/dev/null
  [ -z "$prefix" ] || cp -a "$prefix/." "$1/usr/local/"
  touch "$1/.complete"
  rm -rf "$1"/var/cache/apt/archives/*.deb
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
  mkdir -p "$1/etc/ssl/certs"
  cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
  [ -z "$prefix" ] || chroot "$1" ldconfig # Python may be built as a shared library
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
cp -R Dockerfile README.md LICENSE pyproject.toml requirements.lock src components pipelines "$build/src"
inside "$build" sh -c 'cd /src && sh pipelines/image/packages.sh && sh pipelines/image/python.sh'

make_root "$run" "$python"
rm -rf "$run/opt/headrace"
cp -a "$build/opt/headrace" "$run/opt/"
cp pipelines/image/user.sh "$run/tmp/"
inside "$run" sh -c 'id headrace >/dev/null 2>&1 || sh /tmp/user.sh; rm /tmp/user.sh'
cp pipelines/image/smoke.py "$run/app/"
chroot --userspec=10001:10001 "$run" env -i HOME=/app PATH=/opt/headrace/bin:/usr/local/bin:/usr/bin:/bin TF_CPP_MIN_LOG_LEVEL=3 \
  MPLCONFIGDIR=/tmp/matplotlib sh -c 'cd /app && python --version && headrace --version && python smoke.py'
for part in "$run/opt/headrace/lib/python3"*"/site-packages/tensorflow" "$run/opt/headrace" "$run"; do
  echo "$(du -smx "$part" | cut -f1) MB: ${part#"$run"}"
done
