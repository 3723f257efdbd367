#!/usr/bin/env bash
# start.sh FOLDER: run a real Slurm on this one machine, for the tests. Ends when both nodes are idle.
#
#   partition short: the node plain, without a GPU        partition accel: the node fast, with one GPU
#
# The names are not those of the shipped profile, so that a test which passes has set each of them.
# It needs root, the packages slurmctld, slurmd, slurm-client and munge, and neither systemd nor cgroups. Everything it
# writes is in FOLDER. Use the cluster with SLURM_CONF=FOLDER/slurm.conf; end it with stop.sh FOLDER.
#
# Two nodes on one host would be one machine to a program that asks for its name. So each slurmd, and with it each job,
# lives in a namespace of its own in which the host has the node's name. There /etc/slurm is FOLDER, too: Snakemake
# drops the variable SLURM_CONF before it calls srun, and the /etc/slurm of this host, where a cluster may be at home,
# is left alone. The GPU is a placeholder: Slurm counts it, queues for it and sets CUDA_VISIBLE_DEVICES, there is none
# behind it.
set -euo pipefail

folder=$(realpath -m "$1")
export SLURM_CONF=$folder/slurm.conf
nodes=(plain fast)

die() { echo "$0: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || die "only root can start a cluster"
for program in slurmctld slurmd sbatch munged; do
    command -v "$program" >/dev/null || die "no $program: apt-get install slurmctld slurmd slurm-client munge"
done
unshare --uts --mount true 2>/dev/null || die "unshare --uts --mount is not permitted here"

mkdir -p "$folder"/{run,log,state,spool/plain,spool/fast} /etc/slurm
chmod 755 "$folder" "$folder/run" "$folder/log" # munged insists
mungekey --create --keyfile="$folder/munge.key"
ln -s /dev/null "$folder/gpu0" # slurmd wants a device file

cat >"$folder/gres.conf" <<CONF
NodeName=fast Name=gpu File=$folder/gpu0
CONF

port=$((20000 + RANDOM % 10000)) # not the usual one, and seldom that of another test
memory_mb=$(awk '/^MemTotal:/ {print int($2 / 1024)}' /proc/meminfo)
# nproc takes a number of threads, where one is set, for a number of CPUs
node="NodeAddr=127.0.0.1 CPUs=$(env -u OMP_NUM_THREADS nproc) RealMemory=$memory_mb"
cat >"$folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/run/munge.sock

# without cgroups: a job's processes are found in /proc, and nothing holds them to their CPUs and memory
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
MailProg=/bin/true

SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
SchedulerParameters=bf_interval=1,batch_sched_delay=0
# without accounting only slurmctld knows how a job ended; it shall not forget
MinJobAge=86400
KillWait=3
ReturnToService=2
SlurmdParameters=config_overrides

StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd-%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd-%n.log

NodeName=plain NodeHostname=plain Port=$((port + 1)) $node
NodeName=fast NodeHostname=fast Port=$((port + 2)) Gres=gpu:1 $node
PartitionName=short Nodes=plain Default=YES
PartitionName=accel Nodes=fast
CONF

munged --key-file="$folder/munge.key" --socket="$folder/run/munge.sock" --pid-file="$folder/run/munged.pid" \
    --log-file="$folder/log/munged.log" --seed-file="$folder/state/munge.seed"
slurmctld
for name in "${nodes[@]}"; do
    unshare --uts --mount sh -c "hostname $name && mount --bind '$folder' /etc/slurm && exec slurmd -N $name"
done

for _ in $(seq 150); do
    [ "$(sinfo --noheader --Node --format=%T 2>/dev/null | grep -cx idle)" = ${#nodes[@]} ] && exit
    sleep 0.2
done
die "the nodes are not idle after 30 s; see $folder/log"
