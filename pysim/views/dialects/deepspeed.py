"""DeepSpeed 0.19.8: what its launcher and its engine print on one node, with the logger at INFO, as a script has it that prints nothing itself.

The engine knows no loss: that is for the script. The two lines of a report count differently: `step` goes on after a restart, the
timer's steps begin anew with the process.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from pysim.story import events as ev
from pysim.views.dialects.dialect import ByColumns, Columns, DialectView, Lines, Writers

VERSION = "0.19.8"
_GIBIBYTE, _MILLISECOND_US = 2**30, 1000
_NAME_COLUMNS = 29
_BUCKET = 500_000_000
_ZERO_STAGES: Mapping[str, int] = MappingProxyType({"zero1": 1, "zero2": 2, "zero3": 3, "fsdp": 3, "hsdp": 3})
_FAILED = re.compile(r"failed \(exitcode: (-?\d+)\) local_rank: (\d+) \(pid: (\d+)\)")


class DeepSpeed(DialectView):
    """Writes a run as DeepSpeed's engine does."""

    # How it writes

    def _log(self, time_seconds: float, place: str, text: str, level: str = "INFO") -> str:
        moment = self.moment(time_seconds)
        stamp = f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d}"
        return f"[{stamp}] [{level}] [{place}] {text}"

    def _dist(self, time_seconds: float, text: str, rank: int = 0) -> str:
        return self._log(time_seconds, "logging.py:123:log_dist", f"[Rank {rank}] {text}")

    def _local(self) -> range:
        return range(min(self.header.per_node, self.header.world_size))

    @property
    def _stage(self) -> int:
        return _ZERO_STAGES.get(self.header.sharding, 0)

    def _command(self, local_rank: int) -> list[str]:
        return ["/usr/bin/python3", "-u", "train.py", f"--local_rank={local_rank}", "--deepspeed_config=ds_config.json"]

    # Start

    def launch(self, e: ev.JobLaunched | ev.JobRelaunched) -> Lines:
        """The launcher of the first node, which is no torchrun."""
        header, seconds, number = self.header, e.time_seconds, 0
        if isinstance(e, ev.JobRelaunched):
            number = e.launch
        nodes = [self.job.host(self.job.machine(node, e.time_us)) for node in range(header.nodes)]
        ranks = {host: list(header.ranks_of(node)) for node, host in enumerate(nodes)}
        slots = {host: list(range(len(of_host))) for host, of_host in ranks.items()}
        visible = ",".join(map(str, self._local()))
        yield self._log(seconds, "launch.py:152:main", f"WORLD INFO DICT: {slots}")
        yield self._log(
            seconds,
            "launch.py:158:main",
            f"nnodes={header.nodes}, num_local_procs={len(self._local())}, node_rank=0",
        )
        yield self._log(seconds, "launch.py:169:main", f"global_rank_mapping=defaultdict(<class 'list'>, {ranks})")
        yield self._log(seconds, "launch.py:170:main", f"dist_world_size={header.world_size}")
        yield self._log(seconds, "launch.py:174:main", f"Setting CUDA_VISIBLE_DEVICES={visible}")
        for local in self._local():
            process = self.job.process_id(local, number)
            text = f"process {process} spawned with command: {self._command(local)}"
            yield self._log(seconds, "launch.py:245:main", text)

    def connect(self, e: ev.DistributedInitialised | ev.GroupsRejoined) -> Lines:
        """Processes begin: each says so."""
        seconds = e.time_seconds
        for _ in self._local():
            yield self._dist(seconds, f"DeepSpeed info: version={VERSION}, git-hash=unknown, git-branch=unknown", -1)
            yield self._log(seconds, "comm.py:877:init_distributed", "cdb=None")
        text = "Initializing TorchBackend in DeepSpeed with backend nccl"
        yield self._log(seconds, "comm.py:908:init_distributed", text)
        for _ in self._local():
            text = f"Config mesh_device None world_size = {self.header.world_size}"
            yield self._log(seconds, "config.py:475:__init__", text)

    def prepare(self, e: ev.OptimizerReady) -> Lines:
        """The engine is built."""
        return self._engine(e.time_seconds)

    def load(self, e: ev.CheckpointLoadStarted) -> Lines:
        """After a restart it is built before anything is read."""
        yield from self._engine(e.time_seconds)
        for name in self._files(e.step):
            yield self._dist(e.time_seconds, f"[Torch] Begin Load checkpoint from {name}...")
            yield self._dist(e.time_seconds, f"[Torch] End Load checkpoint from {name}...")

    def loaded(self, e: ev.CheckpointLoaded) -> Lines:
        """The optimizer's shards."""
        if not self._stage:
            return
        shards = self.job.setup.data_parallel
        for local in self._local():
            text = f"successfully read {shards} ZeRO state_dicts for rank {local}"
            yield self._log(e.time_seconds, "engine.py:4836:_get_all_zero_checkpoint_state_dicts", text)
            text = f"loading {shards} zero partition checkpoints for rank {local}"
            yield self._log(e.time_seconds, "engine.py:4770:_load_zero_checkpoint", text)

    def resume(self, e: ev.TrainingResumed) -> Lines:
        """Where there was no checkpoint the engine is built now."""
        if not e.checkpoint:
            yield from self._engine(e.time_seconds)

    def _files(self, step: int) -> list[str]:
        directory = f"{self.job.storage}/global_step{step}"
        model = f"{directory}/mp_rank_00_model_states.pt"
        if not self._stage:
            return [model]
        kind = "bf16_" if self.header.precision == "bf16" else ""
        return [model, model, f"{directory}/{kind}zero_pp_rank_0_mp_rank_00_optim_states.pt"]

    def _engine(self, seconds: float) -> Lines:
        header, setup = self.header, self.job.setup
        tensor = header.tensor_parallel
        yield self._log(
            seconds,
            "engine.py:2192:_configure_distributed_model",
            "********** distributed groups summary **********",
        )
        yield f"\t self.dp_world_size={setup.data_parallel}"
        yield f"\t self.mp_world_size={tensor}"
        yield f"\t self.seq_dp_world_size={setup.data_parallel * header.context_parallel}"
        yield f"\t self.sequence_parallel_size={header.context_parallel}"
        yield "***********************************************"
        yield self._dist(seconds, "DeepSpeed Flops Profiler Enabled: False")
        yield self._dist(seconds, "Using DeepSpeed Optimizer param name adamw as basic optimizer")
        yield self._dist(seconds, "Removing param_group that has no 'params' in the basic Optimizer")
        yield self._dist(seconds, "DeepSpeed Basic Optimizer = FusedAdam")
        yield from self._zero(seconds)
        yield self._dist(seconds, f"step=0, skipped=0, lr=[{self.job.learning_rate(1)!r}], mom={self._momentum}")
        yield from self._configuration(seconds)

    def _zero(self, seconds: float) -> Lines:
        """Stages 1 and 2, whose code is one."""
        if self._stage in (1, 2):
            kind = {"bf16": "torch.bfloat16", "fp16": "torch.float16"}.get(self.header.precision, "torch.float32")
            yield self._dist(seconds, f"Creating {kind} ZeRO stage {self._stage} optimizer")
            facts = (
                (236, f"Reduce bucket size {_BUCKET}"),
                (237, f"Allgather bucket size {_BUCKET}"),
                (238, "CPU Offload: False"),
                (239, "ZeRO offload gradient protections: False"),
                (242, "Round robin gradient partitioning: False"),
            )
            for line, text in facts:
                yield self._log(seconds, f"stage_1_and_2.py:{line}:__init__", text)
            yield self._log(seconds, "stage_1_and_2.py:738:__init__", "optimizer state initialized")
            yield self._dist(seconds, "DeepSpeed Final Optimizer = DeepSpeedZeroOptimizer")

    def _configuration(self, seconds: float) -> Lines:
        """What of the configuration the run decides."""
        header, setup = self.header, self.job.setup
        yield self._log(seconds, "config.py:674:print", "DeepSpeedEngine configuration:")
        decided = {
            "gradient_accumulation_steps": setup.accumulation,
            "gradient_clipping": self.job.optimization.clip_grad_norm,
            "train_batch_size": header.global_batch_size,
            "train_micro_batch_size_per_gpu": setup.micro_batch_size,
            "world_size": header.world_size,
            "zero_enabled": self._stage > 0,
            "zero_optimization_stage": self._stage,
        }
        for name, value in decided.items():
            dots = "." * (_NAME_COLUMNS - len(name))
            yield self._log(seconds, "config.py:678:print", f"  {name} {dots} {value}")

    @property
    def _momentum(self) -> list[tuple[float, float]]:
        optimization = self.job.optimization
        return [(optimization.beta1, optimization.beta2)]

    # Steps

    @ByColumns
    def steps(self, of: Columns) -> Iterable[Lines]:
        """The rate of the step that follows, and how fast steps are: the one at even steps of the run, the other of the process."""
        last, count = of.array("last"), of.array("last") - of.array("started_with") + 1
        interval, rates = of.array("interval"), of.array("running_rate")
        seconds, milliseconds = self.stamps.each(of.array("time_seconds"), _MILLISECOND_US)
        stamps = list(zip(seconds, milliseconds, strict=True))
        batch = self.header.global_batch_size
        following = self.job.learning_rates(np.minimum(last + 1, self.header.total_steps))
        heads = zip(stamps, last.tolist(), of.values("skipped_in_all"), following.tolist(), strict=True)
        taken = (
            (count * self.job.setup.accumulation).tolist(),
            count.tolist(),
            (batch * rates).tolist(),
            (batch / of.array("last_step_seconds")).tolist(),
        )
        due = (last % interval == 0).tolist(), ((count % interval == 0) & ~np.isnan(rates)).tolist()
        for is_told, is_timed, (stamp, *head), rest in zip(*due, heads, zip(*taken, strict=True), strict=True):
            told = (self._step % (*stamp, *head),) if is_told else ()
            yield (*told, self._timer % (*stamp, *rest)) if is_timed else told

    @cached_property
    def _step(self) -> str:
        return f"[%s,%03d] [INFO] [logging.py:123:log_dist] [Rank 0] step=%d, skipped=%d, lr=[%r], mom={self._momentum}"

    @cached_property
    def _timer(self) -> str:
        held = self.job.stage(0)
        memory, most = (
            round(size / _GIBIBYTE, 2) for size in (held.state_bytes, held.state_bytes + held.activation_bytes)
        )
        return (
            "[%s,%03d] [INFO] [timer.py:264:stop] epoch=0/micro_step=%d/global_step=%d, RunningAvgSamplesPerSec=%r, "
            f"CurrSamplesPerSec=%r, MemAllocated={memory}GB, MaxMemAllocated={most}GB"
        )

    def skip(self, e: ev.StepSkipped) -> Lines:
        """Gradients overflowed."""
        yield self._log(
            e.time_seconds,
            "loss_scaler.py:266:update_scale",
            f"[deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: {e.loss_scale}, reducing to "
            f"{e.next_loss_scale}",
        )

    # Checkpoints and the end

    def save(self, e: ev.CheckpointStarted) -> Lines:
        """Named by steps, as its default is."""
        yield self._dist(e.time_seconds, f"[Torch] Checkpoint global_step{e.step} is about to be saved!")
        yield self._dist(e.time_seconds, f"Saving model checkpoint: {self._files(e.step)[0]}")

    def fail(self, e: ev.LogLine) -> Lines:
        """What Python and NCCL leave behind, and in place of the elastic agent's words those of the launcher."""
        if e.speaker != "elastic":
            yield from self.failure(e)
            return
        found = _FAILED.search(e.words)
        if not found or not e.is_shown:
            return
        code, failed, process_id = (int(number) for number in found.groups())
        for process in self._neighbours(failed, process_id, self.job.launches(e.time_us)):
            yield self._log(e.time_seconds, "launch.py:253:sigkill_handler", f"Killing subprocess {process}")
        text = f"{self._command(failed)} exits with return code = {code}"
        yield self._log(e.time_seconds, "launch.py:259:sigkill_handler", text, "ERROR")

    def _neighbours(self, local_rank: int, process_id: int, launch: int) -> list[int]:
        """The processes of the node on which one has failed, itself included."""
        header = self.header
        for begin in range(0, header.world_size - local_rank, header.per_node):
            if self.job.process_id(begin + local_rank, launch) == process_id:
                end = min(begin + header.per_node, header.world_size)
                return [self.job.process_id(rank, launch) for rank in range(begin, end)]
        return []

    def finish(self, e: ev.TrainingCompleted) -> Lines:
        """By the launcher."""
        launch = self.job.launches(e.time_us)
        for local in self._local():
            text = f"Process {self.job.process_id(local, launch)} exits successfully."
            yield self._log(e.time_seconds, "launch.py:285:main", text)

    WRITERS: ClassVar[Writers] = {
        ev.JobLaunched: launch,
        ev.JobRelaunched: launch,
        ev.DistributedInitialised: connect,
        ev.GroupsRejoined: connect,
        ev.OptimizerReady: prepare,
        ev.CheckpointLoadStarted: load,
        ev.CheckpointLoaded: loaded,
        ev.TrainingResumed: resume,
        ev.StepsReported: steps,
        ev.StepSkipped: skip,
        ev.CheckpointStarted: save,
        ev.TrainingCompleted: finish,
        ev.LogLine: fail,
    }
