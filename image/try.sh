#!/bin/sh
# The image without a container engine: the steps of the Dockerfile in plain roots of Debian 13, then a node of a pipeline
# in it as the image's user. Run as root from the source folder; says the sizes.
#   sh image/try.sh FOLDER
set -eu
folder=$1
build=$folder/build run=$folder/run
make_root() { # FOLDER PACKAGES: what python:3.13-slim-trixie has
  [ -e "$1/.made" ] || debootstrap --variant=minbase --include="$2" trixie "$1" >/dev/null
  touch "$1/.made"
  rm -rf "$1"/var/cache/apt/archives/*.deb
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
  mkdir -p "$1/etc/ssl/certs"
  cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
  mountpoint -q "$1/proc" || mount -t proc proc "$1/proc"
  mountpoint -q "$1/dev" || mount --bind /dev "$1/dev"
}
end() { for one in "$build" "$run"; do umount -l "$one/proc" "$one/dev" 2>/dev/null || true; done; }
trap end EXIT
inside() { # FOLDER COMMAND
  root=$1
  shift
  chroot "$root" env -i HOME=/root PATH=/opt/headrace/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt "$@"
}

make_root "$build" python3,python3-dev,python3-venv,ca-certificates
rm -rf "$build/src" "$build/opt/headrace"
mkdir -p "$build/src"
cp -R Dockerfile README.md LICENSE pyproject.toml requirements.lock src components pipelines image "$build/src"
inside "$build" sh -c 'cd /src && sh image/packages.sh && sh image/python.sh'

make_root "$run" python3
rm -rf "$run/opt/headrace"
cp -a "$build/opt/headrace" "$run/opt/"
cp image/user.sh "$run/tmp/"
inside "$run" sh -c 'id headrace >/dev/null 2>&1 || sh /tmp/user.sh; rm /tmp/user.sh'
cp image/smoke.py "$run/app/"
chroot --userspec=10001:10001 "$run" env -i HOME=/app PATH=/opt/headrace/bin:/usr/bin:/bin TF_CPP_MIN_LOG_LEVEL=3 \
  MPLCONFIGDIR=/tmp/matplotlib sh -c 'cd /app && headrace --version && python smoke.py'
du -sh "$run/opt/headrace"
umount -l "$run/proc" "$run/dev"
du -sh "$run"
