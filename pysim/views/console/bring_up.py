"""Bring-up as a trainer's log: from the launcher's first line to the first batch."""

from collections.abc import Callable

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.terminal.ansi import visible_width
from pysim.views import text
from pysim.views.bars import LOG_CELLS, bar
from pysim.views.chart import chart
from pysim.views.console.pen import Lines, Pen, Writers, untold

_USUAL_MOMENTS = "fp32"  # of which nobody speaks
_CHART_COLUMNS, _CHART_ROWS = 60, 4
_LAUNCHER_COLUMNS = 80  # from here on a line of the launcher has room for what it begins with
_TAGGED_COLUMNS = 100  # from here on a line has room for rank and node
_STARS = "*" * 41
_OMP_WARNING = (  # torch/distributed/run.py, whose two blanks at the end are lost here
    "Setting OMP_NUM_THREADS environment variable for each process to be {} in default, to avoid your system being "
    "overloaded, please further tune the variable for optimal performance in your application as needed."
)


class BringUp:
    """Writes what happens before the first step."""

    def __init__(self, header: Header, pen: Pen, cut: Callable[[str], str]) -> None:
        self._header = header
        self._pen = pen
        self._cut = cut
        self.writers: Writers = {
            ev.Opened: untold,  # two logs of one run that touch are one log
            ev.JobLaunched: self._job_launched,
            ev.LauncherWarned: self._launcher_warned,
            ev.CommunicatorsReady: self._communicators_ready,
            ev.AcceleratorDetected: self._accelerator_detected,
            ev.AcceleratorsDetected: self._accelerators_detected,
            ev.DistributedInitialised: self._distributed_initialised,
            ev.CollectiveTimed: self._collective_timed,
            ev.ModelLoading: self._model_loading,
            ev.ModelReady: self._model_ready,
            ev.TokenizerReady: self._tokenizer_ready,
            ev.DatasetReady: self._dataset_ready,
            ev.BatchRampReady: self._batch_ramp_ready,
            ev.OptimizerReady: self._optimizer_ready,
        }

    def _job_launched(self, e: ev.JobLaunched) -> Lines:
        p = self._pen.palette
        yield from self._pen.wrapped(f"{p.dim}$ {p.reset}", e.command.split(" "))
        processes = (
            f"{e.world_size:,} {text.plural('process', e.world_size)} on {e.nodes:,} {text.plural('node', e.nodes)}"
        )
        rest = [processes, f"seed {self._header.seed}", "times in UTC"]
        yield from self._pen.say(e, f"{p.bold}run {e.run_name}{p.reset}", rest)

    def _launcher_warned(self, e: ev.LauncherWarned) -> Lines:
        """The words of torchrun, under a prefix of its own where there is room for it."""
        columns = self._pen.columns
        origin = self._pen.prefix.launcher(e.time_seconds, e.process_id) if columns >= _LAUNCHER_COLUMNS else ""
        for words in ("", _STARS, _OMP_WARNING.format(e.threads_per_process), _STARS):
            if origin or words:
                yield self._cut(f"{origin}{words}".rstrip())
        if e.unlisted_nodes:
            more = f"{e.unlisted_nodes:,} more {text.plural('node', e.unlisted_nodes)}"
            yield from self._pen.say(e, f"... and the same on {more}", [])

    def _communicators_ready(self, e: ev.CommunicatorsReady) -> Lines:
        if e.communicator != ev.WORLD:
            ready = f"{e.communicator}-parallel groups ready"
            yield from self._pen.say(e, ready, [f"{e.communicators:,} communicators of {e.ranks:,} ranks"])
        elif e.ranks > e.listed_ranks:
            yield from self._pen.say(e, f"... and {e.ranks - e.listed_ranks:,} more ranks", [])

    def _accelerator_detected(self, e: ev.AcceleratorDetected) -> Lines:
        h, columns = self._header, self._pen.columns
        digits = len(str(h.listed_accelerators - 1))
        node = f" [Node {e.node}/{h.nodes}]" if columns >= _TAGGED_COLUMNS else ""
        tags = self._pen.prefix.line(e.time_seconds, self._pen.dim(f"[Rank {e.rank:>{digits}}/{h.world_size}]{node}"))
        fits = visible_width(tags) + 1 + len(e.accelerator) <= columns
        line = f"{tags} {e.accelerator if fits else h.accelerator_short_title}"
        rest = [e.bus_id, f"idle {e.temperature_celsius} C {e.power_watts} W"]
        parts = [line, f"{text.gib(e.memory_bytes)} GiB", f"{e.power_limit_watts} W", e.host, *filter(None, rest)]
        yield self._pen.joined(parts, f" {self._pen.dim('|')} ")

    def _accelerators_detected(self, e: ev.AcceleratorsDetected) -> Lines:
        more = e.world_size - e.listed
        if more:
            yield from self._pen.say(e, f"... and {more:,} more {self._header.device}s", [])
        total = f"{e.world_size:,} {self._pen.glyphs.times} {e.accelerator}"
        yield from self._pen.say(
            e, total, [f"{text.size(e.memory_bytes)} of memory", f"{e.nodes:,} {text.plural('node', e.nodes)}"]
        )

    def _distributed_initialised(self, e: ev.DistributedInitialised) -> Lines:
        version = f"process group ready: {e.backend.upper()} {e.backend_version}"
        yield from self._pen.say(
            e, version, [f"world size {e.world_size:,}", f"init {text.short_seconds(e.init_seconds)}"]
        )
        sizes = (
            ("TP", e.tensor_parallel),
            ("PP", e.pipeline_parallel),
            ("CP", e.context_parallel),
            ("DP", e.data_parallel),
            ("EP", e.expert_parallel),
        )
        layout = f" {self._pen.glyphs.times} ".join(f"{name} {size}" for name, size in sizes[:4])
        expert = [f"EP {e.expert_parallel}"] if e.expert_parallel > 1 else []
        yield from self._pen.say(
            e, f"parallel layout {layout} = {e.world_size:,}", [*expert, f"sharding {text.SHARDING[e.sharding]}"]
        )

    def _collective_timed(self, e: ev.CollectiveTimed) -> Lines:
        name = e.operation.replace("_", "-")
        test = "test: " if e.step == 0 else ""
        what = f"{test}{name} {text.size(e.message_bytes)} over {e.ranks:,} ranks in {e.seconds * 1e3:.2f} ms"
        yield from self._pen.say(e, what, [f"{e.busbw_gb_per_second:.0f} GB/s bus"])

    def _model_loading(self, e: ev.ModelLoading) -> Lines:
        progress = f"{bar(e.shard / e.shards, LOG_CELLS, self._pen.palette)} {e.shard}/{e.shards}"
        yield from self._pen.say(e, f"initialising weight shards {progress}", [])

    def _model_ready(self, e: ev.ModelReady) -> Lines:
        p = self._pen.palette
        active = [f"{e.active_parameters:,} active per token"] if e.active_parameters != e.parameters else []
        yield from self._pen.say(
            e, f"model {p.bold}{e.model}{p.reset}", [f"{e.parameters:,} parameters", *active, e.precision.upper()]
        )
        experts = [f"{e.experts} experts, {e.experts_per_token} per token"] if e.experts else []
        shape = [
            f"hidden {e.hidden_size:,}",
            f"heads {e.attention_heads}",
            f"KV heads {e.kv_heads}",
            f"FFN {e.ffn_hidden_size:,}",
        ]
        rest = [f"vocabulary {e.vocab_size:,}", f"context {e.context_length:,}", *experts]
        yield from self._pen.say(e, f"layers {e.layers}", shape + rest)

    def _tokenizer_ready(self, e: ev.TokenizerReady) -> Lines:
        yield from self._pen.say(
            e, f"tokenizer {e.tokenizer}", [e.kind, f"vocabulary {e.vocab_size:,}", f"loaded in {e.load_seconds:.2f} s"]
        )

    def _dataset_ready(self, e: ev.DatasetReady) -> Lines:
        size = [f"{e.documents:,} documents", f"{text.count(e.dataset_tokens)} tokens"]
        yield from self._pen.say(e, f"dataset {e.dataset}", size)
        times = self._pen.glyphs.times
        batch = f"global batch {e.global_batch_size:,} {times} {e.sequence_length:,} = {e.tokens_per_step:,} tokens"
        made = f"micro batch {e.micro_batch_size} {times} accumulation {e.accumulation}"
        plan = [made, f"{text.count(e.run_tokens)} tokens in {e.epochs} {text.plural('epoch', e.epochs)}"]
        yield from self._pen.say(e, batch, plan)

    def _batch_ramp_ready(self, e: ev.BatchRampReady) -> Lines:
        grows = f"batch ramp {e.first_batch_size:,} to {e.global_batch_size:,} by {e.increment:,}"
        over = f"over {e.ramp_sequences:,} sequences = {text.count(e.ramp_tokens)} tokens"
        steps = f"{e.ramp_steps:,} {text.plural('step', e.ramp_steps)}, {e.extra_steps:,} more than with full batches"
        expected = f"expecting {text.short_seconds(e.first_step_seconds)} a step at first"
        yield from self._pen.say(e, grows, [over, steps, expected])

    def _optimizer_ready(self, e: ev.OptimizerReady) -> Lines:
        schedule = f"{e.schedule}, warm-up {e.warmup_steps:,} steps"
        moments = [f"moments in {e.moment_precision}"] if e.moment_precision != _USUAL_MOMENTS else []
        yield from self._pen.say(
            e,
            f"optimizer {e.optimizer}",
            [*moments, f"peak lr {e.peak_learning_rate:.2e}", schedule, f"clip {e.clip_grad_norm:g}"],
        )
        parts = {
            "weights": e.weight_bytes,
            "gradients": e.gradient_bytes,
            "optimizer": e.optimizer_bytes,
            "activations": e.activation_bytes,
            "workspace": e.workspace_bytes,
        }
        total = f"= {text.gib(e.memory_bytes)} of {text.gib(e.memory_capacity_bytes)} GiB"
        yield from self._pen.say(e, "memory", [*(f"{name} {text.gib(size)}" for name, size in parts.items()), total])
        yield from self._schedule_chart(e)

    def _schedule_chart(self, e: ev.OptimizerReady) -> Lines:
        """ENH-01: the learning rate over the whole run."""
        total = self._header.total_steps
        columns = min(_CHART_COLUMNS, self._pen.columns - 10)
        rates = self._header.learning_rates
        rows = chart(rates, columns, _CHART_ROWS, braille=self._pen.glyphs.braille, bottom=0.0)
        labels = [f"{e.peak_learning_rate:.1e}", *[""] * (_CHART_ROWS - 2), "0"]
        for label, row in zip(labels, rows, strict=True):
            yield f"{self._pen.dim(f'{label:>8}')} {self._pen.palette.accent}{row}{self._pen.palette.reset}"
        right = f"step {total:,}"
        yield self._pen.dim(f"{'':8} {'0':<{max(columns - len(right), 1)}}{right}")
