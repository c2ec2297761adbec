# The image that runs every node, for both supported lines of TFX:
#   docker build -t registry.example/headrace:1 .                                                  Python 3.13, TFX 1.21
#   docker build -t registry.example/headrace:1-tfx1.16 --build-arg BASE=python:3.10-slim-bookworm .  Python 3.10, TFX 1.16
# To add your own modules: FROM registry.example/headrace:1, then COPY them to /app.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
WORKDIR /src
COPY pipelines/image/packages.sh pipelines/image/
RUN sh pipelines/image/packages.sh
COPY pipelines/image/python.sh pipelines/image/
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY src src
COPY components components
COPY pipelines pipelines
RUN sh pipelines/image/python.sh

FROM ${BASE}
COPY --from=build /opt/headrace /opt/headrace
COPY pipelines/image/user.sh /tmp/
RUN sh /tmp/user.sh && rm /tmp/user.sh
ENV PATH=/opt/headrace/bin:$PATH TF_CPP_MIN_LOG_LEVEL=3 PYTHONUNBUFFERED=1 HOME=/app MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /app
# By number, so that a cluster that forbids root can check it.
USER 10001:10001
CMD ["headrace", "--help"]
