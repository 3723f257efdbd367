# Two commands matter: `make study` and `make test`. Each sets up what it needs.
#
#   make study                       run the study that config.yaml names, print where the report is
#   make study STUDY=mnist           another study: a name from workflow/studies, or a path to a YAML file
#   make study DATA=/srv/datasets    take data sets from a folder in torchvision's layout, download nothing
#   make test                        every check and test
#   make test-slurm                  the study on a real Slurm that root starts here; a part of `make test`
#   make bench                       our networks raced against plain code and scikit-learn, as ratios
#   make picture                     the README's picture, of the report of the study quick

PYTHON ?= python3
CORES  ?= all
ENVIRONMENT := .venv/.complete
BIN := $(CURDIR)/.venv/bin
FROM_NPM := tests/npm/node_modules/.complete

# Only what was given is passed on; everything else is config.yaml's to say.
OVERRIDES := $(if $(STUDY),study=$(STUDY)) $(if $(DATA),data_root=$(DATA))

NAME = $(or $(STUDY),$(shell sed -n 's/^study: *//p' config.yaml))

# Snakemake starts scripts and kernels by name, so the environment has to be first on the path.
export PATH := $(BIN):$(PATH)

.PHONY: study test test-slurm check bench picture lock
.DELETE_ON_ERROR:

study: $(ENVIRONMENT)
	snakemake --cores $(CORES) $(if $(strip $(OVERRIDES)),--config $(OVERRIDES))
	@echo "The report: file://$(CURDIR)/results/$(basename $(notdir $(NAME)))/report.html"

# What checks the report's accessibility and HTML comes from npm; without npm those tests are skipped.
test: check $(if $(shell command -v npm),$(FROM_NPM))
	python -m pytest

# Root on Debian installs Slurm where it is not there; without it the tests are skipped, and say so.
SLURM := slurmctld slurmd slurm-client munge
test-slurm: $(ENVIRONMENT)
	@command -v slurmd >/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || { apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SLURM) >/dev/null; }
	python -m pytest tests/cluster

# Style and workflow linters: seconds, no training.
check: $(ENVIRONMENT)
	ruff check
	ruff format --check
	snakefmt --check Snakefile workflow
	snakemake --lint

# Three minutes alone on the machine; results/bench.json keeps the ratios with their intervals.
bench: $(ENVIRONMENT)
	python benchmarks/race.py results/bench.json

picture: study
	python docs/picture.py results/quick/report.html docs/report.png

# Resolve the ranges of pyproject.toml anew. No index address is written: the hashes say what may be
# installed, the installing machine says from where.
lock: $(ENVIRONMENT)
	uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --extra dev --output-file requirements.lock pyproject.toml

# The standard library makes the environment and uv fills it: plain pip may pick a local CPU build of
# another torch. Byte-compiled, because `import torch` takes twice as long without; that has to be
# asked for even where PYTHONDONTWRITEBYTECODE is set. Rebuilt from nothing when the lock changes, so
# that no package of an older lock stays behind.
$(ENVIRONMENT): requirements.lock
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/uv pip install --quiet --python $(BIN)/python \
		--require-hashes --compile-bytecode --requirement requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

$(FROM_NPM): tests/npm/package-lock.json
	npm ci --silent --prefix tests/npm
	touch $@
