# Two commands matter: `make study` and `make test`. Each sets up what it needs.
#
#   make study                       run the study that config.yaml names, and print where the report is
#   make study STUDY=mnist           another study: a name from workflow/studies, or a path to a YAML file
#   make study DATA=/srv/datasets    read data sets from a folder in torchvision's layout; download nothing
#   make test                        every check and test
#   make unit                        the tests that run no study, no browser and no cluster; about a minute
#   make test-slurm                  run the study on a real Slurm, which root starts here; a part of `make test`
#   make torture                     kill, spoil and misconfigure a small study; figures come last; three minutes
#   make bench                       race our networks against plain code and scikit-learn; how precise turns are
#   make bench-scale                 what the harness costs in CPU, for studies of 72, 720 and 7,200 runs; 15 minutes
#   make picture                     take the README's picture of the report of the study quick

PYTHON ?= python3
CORES  ?= all
ENVIRONMENT := .venv/.complete
BIN := $(CURDIR)/.venv/bin
FROM_NPM := tests/npm/node_modules/.complete

# Pass on only what the user gave; config.yaml decides everything else.
OVERRIDES := $(if $(STUDY),'study=$(STUDY)') $(if $(DATA),'data_root=$(DATA)')

NAME = $(or $(STUDY),$(shell sed -n 's/^study: *//p' config.yaml))

# Snakemake finds python by name, so the environment has to be first on the path.
export PATH := $(BIN):$(PATH)

# Snakemake keeps a cache in the home folder. Where that cannot be written, it has one here.
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export XDG_CACHE_HOME := $(CURDIR)/.snakemake/cache
endif

.PHONY: study test unit test-slurm check bench bench-scale torture picture lock
.DELETE_ON_ERROR:

study: $(ENVIRONMENT)
	snakemake --cores $(CORES) $(if $(strip $(OVERRIDES)),--config $(OVERRIDES))
	@echo "The report: file://$(CURDIR)/results/$(basename $(notdir $(NAME)))/report.html"

# The checkers of the report's accessibility and HTML come from npm. Without npm, their tests are skipped.
# Tests whose measurements another program would spoil run first and alone. The others run in three processes, one file
# at a time, the longest first: one of the three often waits, for a planted time, the cluster or a browser.
SHARED := --dist loadfile --no-loadscope-reorder
test: check $(if $(shell command -v npm),$(FROM_NPM))
	python -m pytest -m alone
	python -m pytest -m "not alone" -n 3 $(SHARED)

unit: $(ENVIRONMENT)
	python -m pytest -m "not slow" -n 2 $(SHARED) -q tests/unit

# On Debian, root installs Slurm if it is missing. Without Slurm, the tests are skipped and say so.
SLURM := slurmctld slurmd slurm-client munge
test-slurm: $(ENVIRONMENT)
	@command -v slurmd >/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || { apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SLURM) >/dev/null; }
	python -m pytest tests/cluster

# Style and workflow linters. They take seconds and train nothing.
check: $(ENVIRONMENT)
	ruff check
	ruff format --check
	mypy --no-error-summary
	snakefmt --check Snakefile workflow
	snakemake --lint

# Takes twenty minutes and should be alone on the machine. results/bench.json keeps the ratios with their intervals;
# results/precision.json, how well the ratio of two ways is known from turns and from fresh processes;
# results/prediction.json, how far the time of a size that was not measured is off; results/scale.json, what the harness
# itself costs in small studies.
bench: $(ENVIRONMENT)
	python benchmarks/race.py results/bench.json
	python benchmarks/precision.py results/precision.json
	snakemake --cores $(CORES) --until compare_ways --config study=benchmarks/prediction.yaml
	python benchmarks/prediction.py results/prediction results/prediction.json
	python benchmarks/scale.py results/scale.json --runs 72 720

# Counts CPU seconds, so it need not be alone on the machine.
bench-scale: $(ENVIRONMENT)
	python benchmarks/scale.py results/scale.json

# Kills and spoilt files while the tiny study runs, and wrong configurations.
torture: $(ENVIRONMENT)
	python benchmarks/torture.py

picture: study
	python docs/picture.py results/quick/report.html docs/report.png

# Resolve the version ranges of pyproject.toml again. The lock names no package index: its hashes decide what may be
# installed, and the installing machine decides from where.
lock: $(ENVIRONMENT)
	uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --extra dev --output-file requirements.lock pyproject.toml

# The standard library makes the environment, and uv fills it, because pip may choose a local CPU build of another
# torch. Packages are byte-compiled, even where PYTHONDONTWRITEBYTECODE is set, because `import torch` would otherwise
# take twice as long. When the lock changes, the environment is rebuilt from nothing, so that no package of an older
# lock remains.
$(ENVIRONMENT): requirements.lock
	rm -rf .venv
	$(PYTHON) -m venv .venv
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check uv
	env -u PYTHONDONTWRITEBYTECODE "$(BIN)/uv" pip install --quiet --python "$(BIN)/python" \
		--require-hashes --compile-bytecode --requirement requirements.lock
	"$(BIN)/uv" pip install --quiet --python "$(BIN)/python" --no-deps --no-build-isolation --editable .
	touch $@

$(FROM_NPM): tests/npm/package-lock.json
	npm ci --silent --prefix tests/npm
	touch $@
