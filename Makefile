# The two commands of the README are `make demo` and `make test`. Each makes the environment where it is missing.
# Another Python: `make PYTHON=3.12 test` (3.11 to 3.13 take TFX 1.21, which needs glibc 2.39 or newer).
PYTHON ?= $(shell cat .python-version)
UV := $(shell command -v uv || echo .uv/bin/uv)
BIN := .venv/bin
LOCK := requirements.lock
# Stubs of pyarrow for mypy. Their newest version describes older pyarrow best, but asks for a newer one: so they stand apart.
STUBS := .ci/stubs.txt
ARGS ?=
# As many processes as cores, four at most: each that runs tests of TFX takes 2 GB. In the order of tests/conftest.py.
PYTEST := $(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadgroup --no-loadscope-reorder
export TF_CPP_MIN_LOG_LEVEL ?= 3
# Many tests start processes of their own: also where an image says otherwise, each module is compiled once.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help demo test core coverage mutants lint bench docs lock clean airflow clusters engines kfp stores
help: ## show what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/.installed ## run the example, a runner-suggestion pipeline, end to end on three days of data
	@$(BIN)/python -m examples.runner_suggestions

test: .venv/.installed ## run every test, fast ones first; ARGS='tests/labels -x' for some
	$(PYTEST) $(ARGS)

core: .venv/.installed ## run the tests that need no TFX, no Beam and no object store
	$(PYTEST) -m "not tfx and not beam and not stores" --hypothesis-profile=quick $(ARGS)

coverage: .venv/.installed ## run every test and report which lines and branches they reach, also in build/coverage
	$(PYTEST) --cov --cov-report=term:skip-covered --cov-report=html $(ARGS)

mutants: .venv/.installed .venv-mutants/.installed ## change the code of an AREA and list what no test notices (AREA=labels)
	@.venv-mutants/bin/python tests/mutation/mutate.py $(AREA) $(ARGS)

lint: .venv/.installed ## ruff and mypy (strict on the core)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.installed .venv-peers/.installed ## ours against the peers; writes docs/benchmarks.md (one case: python -m benchmarks --case ingest)
	$(BIN)/python -m benchmarks --write

docs: .venv/.installed ## check that every command and link in the docs holds
	$(BIN)/python -m pytest tests/docs

lock: $(UV) ## resolve the lock anew, for all Python versions at once
	$(UV) pip compile pyproject.toml --extra dev --universal --python-version 3.10 \
	  --generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command 'make lock' -o $(LOCK)
	$(UV) pip compile .ci/stubs.in --no-deps --universal --python-version 3.10 \
	  --generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command 'make lock' -o $(STUBS)
	$(UV) pip compile benchmarks/peers.in --universal --python-version 3.10 \
	  --generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command 'make lock' -o benchmarks/peers.txt
	$(UV) pip compile tests/adapters/airflow.in --python-version 3.10 \
	  --generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command 'make lock' -o tests/adapters/airflow.txt
	$(UV) pip compile pyproject.toml tests/adapters/tfx_airflow.in --extra tfx --extra shift --python-version 3.10 \
	  --generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command 'make lock' -o tests/adapters/tfx_airflow.txt
	$(UV) pip compile tests/kubeflow/kfp.in --python-version 3.10 \
	  --generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command 'make lock' -o tests/kubeflow/kfp.txt
	$(UV) pip compile pyproject.toml tests/clusters/engines.in --extra dask --extra spark --extra stats \
	  --constraint $(LOCK) --universal --python-version 3.10 \
	  --generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command 'make lock' -o tests/clusters/engines.txt
	$(UV) pip compile tests/mutation/mutmut.in --universal --python-version 3.10 \
	  --generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command 'make lock' -o tests/mutation/mutmut.txt

clean: ## remove the environment and everything that was generated
	rm -rf .stores .venv .venv-peers .venv-airflow .venv-tfx-airflow .venv-kfp .venv-engines .venv-mutants .uv out build dist

.venv/.installed: $(LOCK) $(STUBS) pyproject.toml | $(UV)
	@echo "headrace: setting up .venv (Python $(PYTHON)), once"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	@VIRTUAL_ENV=.venv $(UV) pip sync --quiet --compile-bytecode --require-hashes $(LOCK) $(STUBS)
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# What the benchmarks compare with and TFX can't share an environment with.
.venv-peers/.installed: benchmarks/peers.txt | $(UV)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-peers
	@VIRTUAL_ENV=.venv-peers $(UV) pip sync --quiet --compile-bytecode --require-hashes benchmarks/peers.txt
	@touch $@

airflow: .venv-airflow/.installed .venv-tfx-airflow/.installed ## make the environments with Airflow, which the tests of its adapter and of TFX's use

.venv-airflow/.installed: tests/adapters/airflow.txt | $(UV)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-airflow
	@VIRTUAL_ENV=.venv-airflow $(UV) pip sync --quiet --compile-bytecode --require-hashes tests/adapters/airflow.txt
	@touch $@

.venv-tfx-airflow/.installed: tests/adapters/tfx_airflow.txt | $(UV)
	@$(UV) venv --quiet --allow-existing --python 3.10 .venv-tfx-airflow
	@VIRTUAL_ENV=.venv-tfx-airflow $(UV) pip sync --quiet --compile-bytecode --require-hashes tests/adapters/tfx_airflow.txt
	@touch $@

engines: .venv-engines/.installed ## make the environment of a cluster: headrace with Dask, Spark and statistics

clusters: engines ## run the tests on clusters of Dask and Spark, which are processes of this machine
	.venv-engines/bin/python -m pytest tests/clusters $(ARGS)

.venv-engines/.installed: tests/clusters/engines.txt pyproject.toml | $(UV)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-engines
	@VIRTUAL_ENV=.venv-engines $(UV) pip sync --quiet --compile-bytecode --require-hashes tests/clusters/engines.txt
	@VIRTUAL_ENV=.venv-engines $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

kfp: .venv-kfp/.installed ## make the environment of a KFP SDK that runs pipelines locally, which TFX 1.16 can't share

.venv-kfp/.installed: tests/kubeflow/kfp.txt | $(UV)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-kfp
	@VIRTUAL_ENV=.venv-kfp $(UV) pip sync --quiet --compile-bytecode --require-hashes tests/kubeflow/kfp.txt
	@touch $@

# Servers of object stores, which the tests of stores start. Each that can't be built here is named, and its tests skip.
VERSITYGW := github.com/versity/versitygw/cmd/versitygw@v1.8.0
FAKE_GCS := github.com/fsouza/fake-gcs-server@v1.56.1
AZURITE := azurite@3.35.0

stores: .stores/.installed ## build the servers of object stores that tests start (with Go and npm)

.stores/.installed: Makefile
	@mkdir -p .stores/bin
	@for server in $(VERSITYGW) $(FAKE_GCS); do \
	  GOBIN=$(CURDIR)/.stores/bin go install $$server || echo "headrace: no $$server: its tests will skip" >&2; done
	@npm install --silent --no-fund --no-audit --prefix .stores $(AZURITE) || echo "headrace: no $(AZURITE): its tests will skip" >&2
	@touch $@

# mutmut, beside what .venv has: only the changed copy of the project can be imported there.
.venv-mutants/.installed: tests/mutation/mutmut.txt .venv/.installed
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .venv-mutants
	@VIRTUAL_ENV=.venv-mutants $(UV) pip sync --quiet --require-hashes tests/mutation/mutmut.txt
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > $$(.venv-mutants/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/headrace.pth
	@touch $@

.uv/bin/uv:
	@python3 -m venv .uv || { echo "headrace needs Python's venv module or uv: 'apt-get install python3-venv', or install uv" >&2; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv
