# One rule: a notebook, a protocol and a seed make a record, with figures and tables beside it.
# `./reproduce.sh` runs it on this machine, `./reproduce.sh sweep --profile cluster/slurm` on a
# cluster; the resources are what is asked for there.
import sys

sys.path.insert(0, workflow.basedir)
from dlnn_utils.companion import dependencies, orphans, parameters, paths, state

orphans.end_with_engine()

RESULTS = str(paths.results())
RECORD = RESULTS + "/{protocol}/seed{seed}/{notebook}/record.json"


wildcard_constraints:
    protocol="|".join(parameters.PROTOCOLS),
    seed=r"\d+",
    notebook="|".join(paths.notebook_names()) or "none",


rule all:
    input:
        expand(
            RECORD,
            protocol=parameters.check_protocol(config.get("protocol", "fast")),
            seed=range(parameters.check_seed(config.get("seeds", 1))),
            notebook=paths.notebook_names(),
        ),


# What it is made from counts by its content, as hashes, and not as input: Snakemake would go by
# the times of files, and throw away what was made after the clock was set back.
rule notebook:
    output:
        RECORD,
    params:
        code=lambda w: dependencies.code_hash(w.notebook),
        texts=lambda w: state.texts_hash(w.notebook),
        python=sys.executable,
    threads: 1
    resources:
        mem_mb=4000,
        runtime=lambda w: {"fast": 60, "paper": 240}[w.protocol],
    shell:
        "cd {workflow.basedir:q} && exec {params.python:q} -m dlnn_utils.companion.execute"
        " {wildcards.notebook} --protocol {wildcards.protocol} --seed {wildcards.seed}"
