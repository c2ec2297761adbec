#!/bin/sh
# Installs headrace and its dependencies into /opt/headrace, in the versions of the lock file and with hashes checked.
# Run it from the source folder.
set -eu
python3 -m venv /opt/headrace
/opt/headrace/bin/pip install --quiet --disable-pip-version-check uv
export VIRTUAL_ENV=/opt/headrace UV_LINK_MODE=copy
uv=/opt/headrace/bin/uv
# The lock file covers tests and benchmarks too: select only what the nodes of a pipeline need.
$uv pip compile --quiet pyproject.toml --extra kubeflow --extra postgres --extra sqlite --constraint requirements.lock \
  --generate-hashes --no-emit-index-url --output-file /tmp/image.txt
$uv pip install --quiet --no-cache --require-hashes --requirement /tmp/image.txt
$uv build --quiet --wheel --out-dir /tmp/wheel .
$uv pip install --quiet --no-cache --no-deps /tmp/wheel/*.whl
# TensorFlow's C++ headers, which only those need who build TensorFlow operations: 430 MB.
rm -rf /opt/headrace/lib/python3*/site-packages/tensorflow/include
# Compile bytecode now: the process of a node is short-lived and may not write here.
/opt/headrace/bin/python -W ignore -m compileall -q /opt/headrace/lib >/dev/null || true
$uv pip uninstall --quiet uv
rm -rf /tmp/image.txt /tmp/wheel
