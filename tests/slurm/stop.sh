#!/usr/bin/env bash
# stop.sh FOLDER: end the cluster that start.sh runs from FOLDER, its jobs first, and remove FOLDER.
set -euo pipefail

folder=$(realpath -m "$1")
export SLURM_CONF=$folder/slurm.conf

# runs PID PROGRAM: this process is alive, and is no other one that was given its number
runs() {
    [ -n "$1" ] && [ "$(ps -o comm= -p "$1")" = "$2" ]
}

pid_of() {
    cat "$folder/run/$1.pid" 2>/dev/null || true
}

# The processes of a job would outlive their slurmd.
if runs "$(pid_of slurmctld)" slurmctld; then
    scancel --user="$(id -un)" || true
    for _ in $(seq 100); do
        [ -n "$(squeue --noheader 2>/dev/null)" ] || break
        sleep 0.1
    done
fi

for daemon in slurmd-plain slurmd-fast slurmctld munged; do
    pid=$(pid_of $daemon) program=${daemon%%-*}
    runs "$pid" "$program" || continue
    kill "$pid"
    for _ in $(seq 100); do
        runs "$pid" "$program" || break
        sleep 0.1
    done
    if runs "$pid" "$program"; then kill -KILL "$pid"; fi
done
rm -rf "$folder"
