# One rule: a notebook, a protocol and a seed make a record, with figures and tables beside it.
# `./reproduce.sh` runs it on this machine, `./reproduce.sh sweep --profile cluster/slurm` on a
# cluster; the resources are what is asked for there. What notebook and package hold counts as
# the hash `code`, and not by the times of files: hence `--rerun-triggers params`.
import sys

sys.path.insert(0, workflow.basedir)
from dlnn_utils.reproduce.engine import dependencies, jobs as engine_jobs, notebooks, paths, scheduler

scheduler.end_with_engine()

FOLDER = str(paths.results()) + "/{protocol}/seed{seed}/{notebook}/"


def job_of(wildcards):
    return engine_jobs.Job(wildcards.notebook, wildcards.protocol, int(wildcards.seed))


def other_seeds(wildcards):
    # what is committed shows the spread over seeds: in a sweep it is made after the other seeds
    last = range(1, notebooks.check_seed(config.get("seeds", 1))) if job_of(wildcards).is_default else []
    return [ancient(f"{engine_jobs.Job(wildcards.notebook, seed=s).folder}/{paths.RECORD}") for s in last]


wildcard_constraints:
    protocol="|".join(notebooks.PROTOCOLS),
    seed=r"\d+",
    notebook="|".join(paths.notebook_names()) or "none",


rule all:
    input:
        expand(
            FOLDER + paths.RECORD,
            protocol=notebooks.check_protocol(config.get("protocol", "ours")),
            seed=range(notebooks.check_seed(config.get("seeds", 1))),
            notebook=paths.notebook_names(),
        ),


rule notebook:
    message:
        "{wildcards.notebook} ({wildcards.protocol}, seed {wildcards.seed})"
    input:
        other_seeds,
    output:
        FOLDER + paths.RECORD,
    params:
        code=lambda w: dependencies.code_hash(w.notebook),
        texts=lambda w: engine_jobs.texts_hash(w.notebook) if job_of(w).is_default else "",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=lambda w: {"ours": 60, "paper": 240}[w.protocol],
    shell:
        "cd {workflow.basedir:q} && exec {sys.executable:q} -m dlnn_utils.reproduce.engine.execute"
        " {wildcards.notebook} --protocol {wildcards.protocol} --seed {wildcards.seed}"
