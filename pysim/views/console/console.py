"""The console view: every event as lines of a trainer's log, for one run on one screen.

A table maps each kind of event to its writer. A writer names what it has to say as short parts; the parts are packed into as
few lines as the screen allows, so a narrow screen gets more lines, never a cut or wrapped one.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from pysim.pretraining.names import device_word
from pysim.pretraining.run.run import Run
from pysim.pretraining.scenes.bring_up import LISTED_NODES
from pysim.pretraining.scenes.communicators import WORLD
from pysim.story import events as ev
from pysim.terminal.ansi import clip, palette, visible_width
from pysim.terminal.screen import Screen
from pysim.views import text
from pysim.views.bars import bar
from pysim.views.chart import chart
from pysim.views.console.grid import GridShape, grid
from pysim.views.console.library import Library
from pysim.views.console.live import LIVE_ROWS
from pysim.views.console.prefix import Prefix
from pysim.views.console.stepline import StepLine
from pysim.views.glyphs import glyphs

_LOG_ROWS_BESIDE_GRID = 3  # header, and some of the log around it
_CHART_COLUMNS, _CHART_ROWS = 60, 4
_CHART_POINTS = 2 * _CHART_COLUMNS
_BAR_CELLS = 20
_LABEL_COLUMNS = 19  # of the summary, with the space around them
_LAUNCHER_COLUMNS = 80  # from here on a line of the launcher has room for what it begins with
_STARS = "*" * 41
_OMP_WARNING = (  # torch/distributed/run.py, whose two blanks at the end are lost here
    "Setting OMP_NUM_THREADS environment variable for each process to be {} in default, to avoid your system being "
    "overloaded, please further tune the variable for optimal performance in your application as needed."
)
_TAGGED_COLUMNS = 100  # from here on a line has room for rank and node
_GAP = re.compile(r" (?![^\[]*\])")  # between words; the blanks inside a bar are none

Lines = Iterable[str]


class Console:
    """Writes events of `run` for `screen`; pure, apart from remembering the date of the last time stamp."""

    def __init__(self, run: Run, screen: Screen) -> None:
        self._run = run
        self._screen = screen
        self._palette = palette(color=screen.color)
        self._glyphs = glyphs(unicode=screen.unicode)
        self._device = device_word(run.plan)
        self._prefix = Prefix(run.plan.start_time, screen.columns, self._palette)
        self._step_line = StepLine(run.plan, run.figures, screen.columns, self._palette, self._prefix)
        self._library = Library(run, screen)
        self._writers: Mapping[type[ev.Event], Callable[..., Lines]] = {
            **self._library.writers,
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
            ev.OptimizerReady: self._optimizer_ready,
            ev.TrainingStarted: self._training_started,
            ev.EpochStarted: self._epoch_started,
            ev.StepSkipped: self._step_skipped,
            ev.FleetSampled: self._fleet_sampled,
            ev.ValidationStarted: self._validation_started,
            ev.ValidationCompleted: self._validation_completed,
            ev.CheckpointStarted: self._checkpoint_started,
            ev.CheckpointProgressed: self._checkpoint_progressed,
            ev.CheckpointCompleted: self._checkpoint_completed,
            ev.EpochCompleted: self._epoch_completed,
            ev.TrainingCompleted: self._training_completed,
            ev.ExportStarted: self._export_started,
            ev.ExportStageCompleted: self._export_stage_completed,
            ev.ExportFileWritten: self._export_file_written,
            ev.ExportCompleted: self._export_completed,
            ev.RunCompleted: self._run_completed,
        }

    def lines(self, event: ev.Event) -> list[str]:
        """The event's lines, each at most as wide as the screen, without line ends."""
        if type(event) is ev.StepCompleted:
            return [self._step_line(event)]
        columns = self._screen.columns
        return [clip(line, columns) for line in self._writers[type(event)](event)]

    # Bring-up

    def _job_launched(self, e: ev.JobLaunched) -> Lines:
        p = self._palette
        yield from self._wrapped(f"{p.dim}$ {p.reset}", e.command.split(" "))
        processes = f"{e.world_size:,} {_plural('process', e.world_size)} on {e.nodes:,} {_plural('node', e.nodes)}"
        yield from self._say(e, f"{p.bold}run {e.run_name}{p.reset}", [processes, f"seed {self._run.plan.seed}"])

    def _launcher_warned(self, e: ev.LauncherWarned) -> Lines:
        """The words of torchrun, under a prefix of its own where there is room for it."""
        columns = self._screen.columns
        origin = self._prefix.launcher(e.time_seconds, e.process_id) if columns >= _LAUNCHER_COLUMNS else ""
        for words in ("", _STARS, _OMP_WARNING.format(e.threads_per_process), _STARS):
            if origin or words:
                yield self._library.cut(f"{origin}{words}".rstrip())
        if e.unlisted_nodes:
            more = f"{e.unlisted_nodes:,} more {_plural('node', e.unlisted_nodes)}"
            yield from self._say(e, f"... and the same on {more}", [])

    def _communicators_ready(self, e: ev.CommunicatorsReady) -> Lines:
        if e.communicator != WORLD:
            ready = f"{e.communicator}-parallel groups ready"
            yield from self._say(e, ready, [f"{e.communicators:,} communicators of {e.ranks:,} ranks"])
        elif e.ranks > e.listed_ranks:
            yield from self._say(e, f"... and {e.ranks - e.listed_ranks:,} more ranks", [])

    def _accelerator_detected(self, e: ev.AcceleratorDetected) -> Lines:
        plan, columns = self._run.plan, self._screen.columns
        digits = len(str(min(plan.world_size, LISTED_NODES * plan.accelerator.per_node) - 1))
        node = f" [Node {e.node}/{plan.nodes}]" if columns >= _TAGGED_COLUMNS else ""
        tags = self._prefix.line(e.time_seconds, self._dim(f"[Rank {e.rank:>{digits}}/{plan.world_size}]{node}"))
        fits = visible_width(tags) + 1 + len(e.accelerator) <= columns
        line = f"{tags} {e.accelerator if fits else plan.accelerator.short_title}"
        rest = [e.bus_id, f"idle {e.temperature_celsius} C {e.power_watts} W"]
        parts = [line, f"{text.gib(e.memory_bytes)} GiB", f"{e.power_limit_watts} W", e.host, *filter(None, rest)]
        yield _joined(parts, f" {self._dim('|')} ", columns)

    def _accelerators_detected(self, e: ev.AcceleratorsDetected) -> Lines:
        more = e.world_size - e.listed
        if more:
            yield from self._say(e, f"... and {more:,} more {self._device}s", [])
        total = f"{e.world_size:,} {self._glyphs.times} {e.accelerator}"
        yield from self._say(
            e, total, [f"{text.size(e.memory_bytes)} of memory", f"{e.nodes:,} {_plural('node', e.nodes)}"]
        )

    def _distributed_initialised(self, e: ev.DistributedInitialised) -> Lines:
        version = f"process group ready: {e.backend.upper()} {e.backend_version}"
        yield from self._say(e, version, [f"world size {e.world_size:,}", f"init {text.short_seconds(e.init_seconds)}"])
        sizes = (
            ("TP", e.tensor_parallel),
            ("PP", e.pipeline_parallel),
            ("CP", e.context_parallel),
            ("DP", e.data_parallel),
            ("EP", e.expert_parallel),
        )
        layout = f" {self._glyphs.times} ".join(f"{name} {size}" for name, size in sizes[:4])
        expert = [f"EP {e.expert_parallel}"] if e.expert_parallel > 1 else []
        yield from self._say(
            e, f"parallel layout {layout} = {e.world_size:,}", [*expert, f"sharding {text.SHARDING[e.sharding]}"]
        )

    def _collective_timed(self, e: ev.CollectiveTimed) -> Lines:
        name = e.operation.replace("_", "-")
        test = "test: " if e.step == 0 else ""
        what = f"{test}{name} {text.size(e.message_bytes)} over {e.ranks:,} ranks in {e.seconds * 1e3:.2f} ms"
        yield from self._say(e, what, [f"{e.busbw_gb_per_second:.0f} GB/s bus"])

    def _model_loading(self, e: ev.ModelLoading) -> Lines:
        progress = f"{bar(e.shard / e.shards, _BAR_CELLS, self._palette)} {e.shard}/{e.shards}"
        yield from self._say(e, f"initialising weight shards {progress}", [])

    def _model_ready(self, e: ev.ModelReady) -> Lines:
        p = self._palette
        active = [f"{e.active_parameters:,} active per token"] if e.active_parameters != e.parameters else []
        yield from self._say(
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
        yield from self._say(e, f"layers {e.layers}", shape + rest)

    def _tokenizer_ready(self, e: ev.TokenizerReady) -> Lines:
        yield from self._say(
            e, f"tokenizer {e.tokenizer}", [e.kind, f"vocabulary {e.vocab_size:,}", f"loaded in {e.load_seconds:.2f} s"]
        )

    def _dataset_ready(self, e: ev.DatasetReady) -> Lines:
        size = [f"{e.documents:,} documents", f"{text.count(e.dataset_tokens)} tokens"]
        yield from self._say(e, f"dataset {e.dataset}", size)
        times = self._glyphs.times
        batch = f"global batch {e.global_batch_size:,} {times} {e.sequence_length:,} = {e.tokens_per_step:,} tokens"
        made = f"micro batch {e.micro_batch_size} {times} accumulation {e.accumulation}"
        plan = [made, f"{text.count(e.run_tokens)} tokens in {e.epochs} {_plural('epoch', e.epochs)}"]
        yield from self._say(e, batch, plan)

    def _optimizer_ready(self, e: ev.OptimizerReady) -> Lines:
        schedule = f"{e.schedule}, warm-up {e.warmup_steps:,} steps"
        yield from self._say(
            e,
            f"optimizer {e.optimizer}",
            [f"peak lr {e.peak_learning_rate:.2e}", schedule, f"clip {e.clip_grad_norm:g}"],
        )
        parts = {
            "weights": e.weight_bytes,
            "gradients": e.gradient_bytes,
            "optimizer": e.optimizer_bytes,
            "activations": e.activation_bytes,
            "workspace": e.workspace_bytes,
        }
        total = f"= {text.gib(e.memory_bytes)} of {text.gib(e.memory_capacity_bytes)} GiB"
        yield from self._say(e, "memory", [*(f"{name} {text.gib(size)}" for name, size in parts.items()), total])
        yield from self._schedule_chart(e)

    def _schedule_chart(self, e: ev.OptimizerReady) -> Lines:
        """ENH-01: the learning rate over the whole run."""
        total = self._run.plan.total_steps
        columns = min(_CHART_COLUMNS, self._screen.columns - 10)
        rates = self._run.schedule_curve(_CHART_POINTS)
        rows = chart(rates, columns, _CHART_ROWS, braille=self._glyphs.braille, bottom=0.0)
        labels = [f"{e.peak_learning_rate:.1e}", *[""] * (_CHART_ROWS - 2), "0"]
        for label, row in zip(labels, rows, strict=True):
            yield f"{self._dim(f'{label:>8}')} {self._palette.accent}{row}{self._palette.reset}"
        right = f"step {total:,}"
        yield self._dim(f"{'':8} {'0':<{max(columns - len(right), 1)}}{right}")

    # Training

    def _training_started(self, e: ev.TrainingStarted) -> Lines:
        steps = f"{e.total_steps:,} steps in {e.epochs} {_plural('epoch', e.epochs)}"
        length = text.duration(self._run.figures.training_seconds)
        yield from self._say(
            e, "training starts", [steps, f"expecting {text.short_seconds(e.step_seconds)} a step", f"{length} in all"]
        )

    def _epoch_started(self, e: ev.EpochStarted) -> Lines:
        yield from self._say(e, f"epoch {e.epoch}/{e.epochs} starts", [f"step {e.step:,}"])

    def _step_skipped(self, e: ev.StepSkipped) -> Lines:
        change = f"loss scale {e.loss_scale:,} -> {e.next_loss_scale:,}"
        yield from self._say(e, f"gradient overflow, step {e.step:,} skipped", [change], warning=True)

    def _fleet_sampled(self, e: ev.FleetSampled) -> Lines:
        plan, separator = self._run.plan, f" {self._glyphs.separator} "
        hottest = int(e.temperature_celsius.argmax())
        node, local = divmod(hottest, plan.accelerator.per_node)
        fleet = f"{plan.world_size:,} {self._glyphs.times} {plan.accelerator.title}"
        power = text.power(int(e.power_watts.sum()))
        heat = f"hottest node {node} {self._device} {local} at {e.temperature_celsius[hottest]} C"
        head = f"[ {self._device} status ] step {e.step:,}"
        hot = int(e.throttled.sum())
        rest = [f"clock {e.clock_mhz.min():,} to {e.clock_mhz.max():,} MHz"] if e.clock_mhz.any() else []
        rest += [f"{hot:,} throttled"] if hot else []
        yield _joined([head, fleet, power, heat, *rest], separator, self._screen.columns)
        rows = max(self._screen.rows - LIVE_ROWS - _LOG_ROWS_BESIDE_GRID, 1)
        shape = GridShape(self._screen.columns, rows, plan.accelerator.per_node)
        yield from grid(e, shape, self._palette, self._glyphs, self._device)

    def _validation_started(self, e: ev.ValidationStarted) -> Lines:
        yield from self._say(
            e,
            f"validation {e.index} starts",
            [f"step {e.step:,}", f"{e.batches} batches", f"{text.count(e.tokens)} tokens"],
        )

    def _validation_completed(self, e: ev.ValidationCompleted) -> Lines:
        p = self._palette
        loss = f"validation loss {p.bold}{e.loss:.4f}{p.reset}"
        measured = [f"ppl {e.perplexity:,.2f}", f"train loss {e.train_loss:.4f}", text.short_seconds(e.seconds)]
        yield from self._say(e, loss, measured)
        best = f"{p.green}best so far{p.reset}" if e.improved else f"best {e.best_loss:.4f} at step {e.best_step:,}"
        yield from self._say(e, best, [f"patience {e.validations_without_improvement}/{e.patience}"])

    def _checkpoint_started(self, e: ev.CheckpointStarted) -> Lines:
        size = f"{text.size(e.checkpoint_bytes)} in {e.files:,} {_plural('file', e.files)}"
        yield from self._say(e, self._with_path(e, "saving checkpoint to", e.path), [size])

    def _checkpoint_progressed(self, e: ev.CheckpointProgressed) -> Lines:
        done = e.written_bytes / e.checkpoint_bytes
        progress = f"{bar(done, _BAR_CELLS, self._palette)} {done:4.0%}"
        yield from self._say(e, progress, [f"{text.size(e.written_bytes)} of {text.size(e.checkpoint_bytes)}"])

    def _checkpoint_completed(self, e: ev.CheckpointCompleted) -> Lines:
        speed = f"{text.short_seconds(e.seconds)}, {e.gb_per_second:,.1f} GB/s"
        yield from self._say(e, f"checkpoint of step {e.step:,} saved", [text.size(e.checkpoint_bytes), speed])

    def _epoch_completed(self, e: ev.EpochCompleted) -> Lines:
        yield from self._say(
            e, f"epoch {e.epoch}/{e.epochs} done", [f"mean loss {e.mean_loss:.4f}", f"took {text.duration(e.seconds)}"]
        )

    def _training_completed(self, e: ev.TrainingCompleted) -> Lines:
        yield from self._say(e, "training done", [f"{e.step:,} steps", f"took {text.duration(e.seconds)}"])

    # Export

    def _export_started(self, e: ev.ExportStarted) -> Lines:
        yield from self._say(
            e,
            self._with_path(e, "exporting to", e.path),
            [f"{text.size(e.export_bytes)} of weights", f"{e.files} files"],
        )

    def _export_stage_completed(self, e: ev.ExportStageCompleted) -> Lines:
        stage = f"{bar(1.0, _BAR_CELLS, self._palette)} {e.stage}"
        yield from self._say(e, stage, [f"{e.items:,} {e.unit}", text.short_seconds(e.seconds)])

    def _export_file_written(self, e: ev.ExportFileWritten) -> Lines:
        progress = f"{bar(e.index / e.files, _BAR_CELLS, self._palette)} {e.index}/{e.files}"
        yield from self._say(e, f"{progress} {e.file}", [text.size(e.file_bytes)])

    def _export_completed(self, e: ev.ExportCompleted) -> Lines:
        size = f"{text.size(e.export_bytes)} in {e.files} files"
        yield from self._say(e, "export done", [size, f"took {text.duration(e.seconds)}"])

    def _run_completed(self, e: ev.RunCompleted) -> Lines:
        p, rule = self._palette, self._dim(self._glyphs.rule * min(self._screen.columns, 72))
        hourly = self._run.plan.accelerator.usd_per_hour
        rows: dict[str, tuple[str, ...]] = {  # a value, and what is left out where there is no room for it
            "total time": (text.duration(e.time_seconds),),
            "epochs": (f"{e.epochs:,}",),
            "steps": (f"{e.steps:,}",),
            "tokens": (f"{e.tokens:,}", f"({text.count(e.tokens)})"),
            "train loss": (f"{e.final_train_loss:.4f}",),
            "validation loss": (f"{e.final_validation_loss:.4f}", f"(best {e.best_validation_loss:.4f})"),
            "throughput": (f"{e.mean_tokens_per_second:,.0f} tok/s",),
            "mean MFU": (f"{e.mean_mfu:.1%}",),
            f"{self._device}-hours": (text.amount(e.accelerator_hours),),
            "energy": (f"{text.amount(e.energy_kwh)} kWh", "(accelerators)"),
            "cost": (f"${e.usd:,.0f}", f"at ${hourly:.2f} per {self._device}-hour"),
            "saved to": (self._end_of(e.path, self._screen.columns - _LABEL_COLUMNS),),
        }
        yield rule
        yield f"{p.bold}run {e.run_name} complete{p.reset}"
        for label, (value, *remarks) in rows.items():
            line = f"  {self._dim(f'{label:<{_LABEL_COLUMNS - 3}}')} {value}"
            yield _joined([line, *remarks], " ", self._screen.columns)
        yield rule

    # How lines are made

    def _dim(self, words: str) -> str:
        return f"{self._palette.dim}{words}{self._palette.reset}"

    def _say(self, event: ev.Event, head: str, parts: Iterable[str], *, warning: bool = False) -> Lines:
        """Log lines with `head` and as many parts as fit, separated; the rest goes on further lines."""
        bar_sign = f" {self._dim('|')} "
        indent = self._prefix.line(event.time_seconds, "  ", warning=warning)
        *before, line = self._folded(self._prefix.line(event.time_seconds, "", warning=warning), indent, head)
        yield from before
        for part in parts:
            if visible_width(line) + 3 + len(part) <= self._screen.columns:
                line += bar_sign + part
            else:
                yield line
                *before, line = self._folded(indent, indent, part)
                yield from before
        yield line

    def _folded(self, start: str, indent: str, head: str) -> list[str]:
        """`start` and `head` as one line if it fits, else as several, broken between words."""
        if visible_width(start) + visible_width(head) <= self._screen.columns:
            return [start + head]
        first, *words = _GAP.split(head)
        lines = [start + first]
        for word in words:
            if visible_width(lines[-1]) + 1 + visible_width(word) <= self._screen.columns:
                lines[-1] += f" {word}"
            else:
                lines.append(indent + word)
        return lines

    def _with_path(self, event: ev.Event, head: str, path: str) -> str:
        """`head` and a path; of a path that is too long, the end, which tells it from others."""
        room = self._screen.columns - visible_width(self._prefix.line(event.time_seconds, f"{head} "))
        return f"{head} {self._end_of(path, room)}"

    def _end_of(self, path: str, room: int) -> str:
        mark = self._glyphs.ellipsis
        return path if len(path) <= room else mark + path[len(path) - max(room - len(mark), 0) :]

    def _wrapped(self, head: str, words: Iterable[str]) -> Lines:
        """Words of a command line over as many lines as it takes, with the shell's continuation sign."""
        line = head
        for word in words:
            if visible_width(line) + len(word) + 3 > self._screen.columns and line.strip():
                yield f"{line}\\"
                line = "    "
            line += f"{word} "
        yield line.rstrip()


def _plural(noun: str, number: int) -> str:
    if number == 1:
        return noun
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def _joined(parts: list[str], separator: str, columns: int) -> str:
    """As many of the parts as fit, from the left."""
    line = parts[0]
    for part in parts[1:]:
        if visible_width(line + separator + part) > columns:
            break
        line += separator + part
    return line
