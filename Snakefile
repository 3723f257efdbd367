# payoff: does a framework or a GPU pay off, for this network, on this machine?
#
#   configuration -> data -> runs -> tables -> figures -> report

from snakemake.utils import min_version

min_version("9.10")


# Only for `--software-deployment-method apptainer`: an image that you build from requirements.lock;
# none is shipped. Without that option the active environment is used.
container: "payoff.sif"


include: "workflow/rules/common.smk"
include: "workflow/rules/needs.smk"
include: "workflow/rules/datasets.smk"
include: "workflow/rules/equal_work.smk"
include: "workflow/rules/machine.smk"
include: "workflow/rules/heats.smk"
include: "workflow/rules/blocks.smk"
include: "workflow/rules/networks.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/published.smk"
include: "workflow/rules/answer.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/probe.smk"
include: "workflow/rules/report.smk"


# On a cluster these run on the machine that submits: what needs a network, takes a second, or is for a reader.
localrules:
    all,
    tables,
    datasets,
    download_dataset,
    prepare_dataset,
    gather_runs,
    gather_published,
    summarise,
    compare_ways,
    judge_claims,
    run_notebooks,
    render_report,


# All that people may open, so that whatever of it is lost is made again, also where nothing else is made of it.
READ_BY_PEOPLE = (
    rules.gather_runs.output,
    rules.summarise.output,
    rules.compare_ways.output,
    rules.run_notebooks.output,
    rules.render_report.output,
)


rule all:
    default_target: True
    input:
        expand([str(path) for paths in READ_BY_PEOPLE for path in paths], study=STUDY.name),
    message:
        f"All of {STUDY.name} is done"


rule tables:
    input:
        f"results/{STUDY.name}/tables/cells.parquet",


rule datasets:
    input:
        prepared(DESIGN.datasets),


# A rate of job starts is not wanted here, and keeping it costs: by a timer a finished job, each of which wakes the
# scheduler every second, Snakemake comes to use a part of the CPU that grows with the study (docs/decisions/scheduler.md).
onstart:
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None
    if workflow.is_main_process:
        checked(keep_finished_heats, workflow.dag)
        end_when_told()  # Snakemake has set its own handler of SIGTERM by now


onsuccess:
    print(f"The report: {Path('results', STUDY.name, 'report.html').resolve().as_uri()}")
