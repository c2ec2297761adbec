#!/bin/sh
# headrace and what it needs into /opt/headrace, in the versions of the lock, hashes checked. Run from the source folder.
set -eu
python3 -m venv /opt/headrace
/opt/headrace/bin/pip install --quiet --disable-pip-version-check uv
export VIRTUAL_ENV=/opt/headrace UV_LINK_MODE=copy
uv=/opt/headrace/bin/uv
# The lock is of everything, tests and benchmarks too: of it, what running needs.
$uv pip compile --quiet pyproject.toml --extra kubeflow --extra postgres --extra sqlite --constraint requirements.lock \
  --generate-hashes --no-emit-index-url --output-file /tmp/image.txt
$uv pip install --quiet --no-cache --require-hashes --requirement /tmp/image.txt
$uv build --quiet --wheel --out-dir /tmp/wheel .
$uv pip install --quiet --no-cache --no-deps /tmp/wheel/*.whl
# Headers, for building operations of TensorFlow's own: 430 MB.
rm -rf /opt/headrace/lib/python3*/site-packages/tensorflow/include
# Bytecode is made now: a node's process lives for seconds, and may not write here.
/opt/headrace/bin/python -W ignore -m compileall -q /opt/headrace/lib >/dev/null || true
$uv pip uninstall --quiet uv
rm -rf /tmp/image.txt /tmp/wheel
