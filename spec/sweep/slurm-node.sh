#!/bin/bash
# A Slurm of one node on the loopback interface, for the specs: needs root and Debian's slurm-wlm and munge.
#
#    spec/sweep/slurm-node.sh start FOLDER     then: export SLURM_CONF=FOLDER/slurm.conf
#    spec/sweep/slurm-node.sh stop FOLDER
set -eu
command=$1 folder=$(realpath -m "$2")

start() {
   mkdir -p "$folder"/{state,spool} /run/munge
   chown munge: /run/munge
   pgrep -x munged >/dev/null || setpriv --reuid=munge --regid=munge --clear-groups munged
   local node port
   node=$(hostname -s)
   port=$((21000 + $$ % 9000 * 2))
   cat >"$folder/slurm.conf" <<END
ClusterName=spec
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
KillWait=10
ReturnToService=2
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=1000 State=UNKNOWN
PartitionName=all Nodes=$node Default=YES MaxTime=INFINITE State=UP
END
   export SLURM_CONF=$folder/slurm.conf
   slurmctld
   slurmd
   for _ in $(seq 100); do
      case $(sinfo --noheader --format=%T 2>/dev/null) in idle | mixed | allocated) return 0 ;; esac
      sleep 0.1
   done
   echo "slurm-node: the node does not come up, see $folder/slurmctld.log and $folder/slurmd.log" >&2
   return 1
}

stop() {
   for daemon in slurmd slurmctld; do
      [ ! -f "$folder/$daemon.pid" ] || kill "$(cat "$folder/$daemon.pid")" || true
   done
}

$command
