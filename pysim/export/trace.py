"""A few steps as traces: for each of some processes what PyTorch's profiler writes (Kineto), and all of them in one for viewers.

`ranks/rankN.pt.trace.json` are of Kineto's format as its readers want it - `distributedInfo`, `ProfilerStep#N`, kernels with a stream and
NCCL's arguments (pytorch/kineto, libkineto/src/output_json.cpp; facebookresearch/HolisticTraceAnalysis) - and `trace.json` has a
process for each rank, for chrome://tracing and ui.perfetto.dev. Times are those of the run; where a wait is of a pipeline it is a receive
that spins, as a profiler shows it, and its name says why.
"""

import json
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from pysim import __version__
from pysim.export.exporter import Quiet, TooMuchError
from pysim.export.format import Asked
from pysim.story.header import Header
from pysim.story.profile import Piece, ProfiledStep, Transfer
from pysim.story.story import Span, Story

USUAL_STEPS, MOST_STEPS = 3, 20
SKIPPED_STEPS = 10  # where no part is asked for: by then nothing warms up
MOST_RANKS = 16
LAUNCH_US = 10.0  # of one kernel, as a profiler shows it [M]; a piece stands for several
_COMPUTE_STREAM = 7  # as PyTorch's default stream appears in its traces
_STREAMS = {"tensor": 20, "context": 24, "expert": 28, "pipeline": 32, "data": 36, "world": 40}
_SCATTER_STREAM = 37  # FSDP scatters gradients while it gathers weights
_HOST_THREAD = 1
_COLLECTIVES = {  # as NCCL's kernels and as PyTorch's process groups call them
    "all_reduce": ("AllReduce_Sum", "allreduce"),
    "reduce_scatter": ("ReduceScatter_Sum", "_reduce_scatter_base"),
    "all_gather": ("AllGather", "_allgather_base"),
    "all_to_all": ("SendRecv", "all_to_all"),
    "send_receive": ("SendRecv", "send_recv"),
}
_KERNEL_TYPES = {"BFloat16": "bf16", "Float": "f32"}
_BYTES = {"BFloat16": 2, "Float": 4}
_US = 1_000_000
Json = dict[str, Any]


class Trace(Quiet):
    """Writes a file for each rank and one for all."""

    def __init__(self, folder: Path, _asked: Asked) -> None:
        self._folder = folder

    def begin(self, story: Story, span: Span, /) -> None:
        """The ranks and the steps."""
        self._story = story
        self._header = story.header
        self._ranks = ranks_of(story.header)
        self._span, self._most = _steps_of(story, span)
        (self._folder / "ranks").mkdir()

    def advance(self) -> Iterator[int]:
        """Rank by rank; in the file of all, each is a process."""
        with (self._folder / "trace.json").open("w", encoding="utf-8") as together:
            together.write(f'{{"displayTimeUnit":"ms","otherData":{_text(_about(self._header))},"traceEvents":[\n')
            for rank in self._ranks:
                steps = self._steps(rank)
                events = [*_metadata(self._header, steps[0]), *_events(self._header, steps)]
                text = ",\n".join(map(_text, events))
                together.write(text if rank == self._ranks[0] else f",\n{text}")
                path = self._folder / "ranks" / f"rank{rank}.pt.trace.json"
                head = _text(_kineto(self._header, rank)).removesuffix("}")
                path.write_text(f'{head},"traceEvents":[\n{text}\n]}}\n', encoding="utf-8")
                yield steps[-1].end_us
            together.write("\n]}\n")

    def _steps(self, rank: int) -> list[ProfiledStep]:
        steps = list(islice(self._story.profile(rank, *self._span), self._most))
        if not steps:
            message = "no whole step lies between --from and --until; try --from step:100 --until step:102"
            raise TooMuchError(message)
        return steps


def _text(value: Json) -> str:
    return json.dumps(value)  # with spaces: HolisticTraceAnalysis looks for `"rank": N`


def ranks_of(header: Header) -> list[int]:
    """One process of each stage of the pipeline, or some of them; without a pipeline the first process of each of some nodes."""
    stages = header.pipeline_parallel
    apart = header.world_size // stages if stages > 1 else header.per_node
    ranks = list(range(0, header.world_size, apart))
    last = len(ranks) - 1
    count = min(len(ranks), MOST_RANKS if stages > 1 else _FEW_NODES)
    return sorted({ranks[index * last // max(count - 1, 1)] for index in range(count)})


_FEW_NODES = 2


def _steps_of(story: Story, span: Span) -> tuple[Span, int]:
    """Where the steps lie, and how many are told at most."""
    if span == Span():
        first = min(SKIPPED_STEPS, max(story.header.total_steps - USUAL_STEPS, 0)) + 1
        return Span(story.item_begin(first)), USUAL_STEPS
    return span, MOST_STEPS if span.until_us is not None else USUAL_STEPS


def _about(header: Header) -> Json:
    return {"pysim": __version__, "run": header.run_id, "name": header.run_name, "simulated": True}


def _kineto(header: Header, rank: int) -> Json:
    """What a rank's file says beside its events."""
    hardware = header.job.hardware
    programs = header.job.programs
    return {
        "schemaVersion": 1,
        "deviceProperties": [
            {"id": rank % header.per_node, "name": header.accelerator_title, "totalGlobalMem": hardware.memory_bytes}
        ],
        "distributedInfo": {
            "backend": programs.library,
            "rank": rank,
            "world_size": header.world_size,
            f"{programs.library}_version": programs.library_version,
        },
        "displayTimeUnit": "ms",
        "baseTimeNanoseconds": header.start_time * _US * 1000,
        "traceName": f"{header.run_name}/rank{rank}.pt.trace.json",
        "otherData": _about(header),
    }


def _metadata(header: Header, step: ProfiledStep) -> Iterator[Json]:
    """Names of the process and of its streams."""
    stage = f", stage {step.stage}" if header.pipeline_parallel > 1 else ""
    names = {_HOST_THREAD: "host", _COMPUTE_STREAM: f"stream {_COMPUTE_STREAM}: compute"}
    names |= {stream: f"stream {stream}: {group}" for group, stream in _STREAMS.items()}
    names |= {_SCATTER_STREAM: f"stream {_SCATTER_STREAM}: data, gradients", _WAITS: "waits"}
    yield {"ph": "M", "name": "process_name", "pid": step.rank, "args": {"name": f"rank {step.rank}{stage}"}}
    yield {"ph": "M", "name": "process_sort_index", "pid": step.rank, "args": {"sort_index": step.rank}}
    for thread, name in names.items():
        yield {"ph": "M", "name": "thread_name", "pid": step.rank, "tid": thread, "args": {"name": name}}
        yield {"ph": "M", "name": "thread_sort_index", "pid": step.rank, "tid": thread, "args": {"sort_index": thread}}


_WAITS = 99


def _events(header: Header, steps: list[ProfiledStep]) -> Iterator[Json]:
    correlation = 0
    launch = "hipLaunchKernel" if header.vendor == "amd" else "cudaLaunchKernel"
    for step in steps:
        name = f"ProfilerStep#{step.step}"
        whole = {"executed step": step.executed, "step": step.step}
        yield _complete(step.rank, _HOST_THREAD, ("user_annotation", name), (step.begin_us, step.end_us), whole)
        yield _complete(step.rank, _COMPUTE_STREAM, ("gpu_user_annotation", name), (step.begin_us, step.end_us), whole)
        for piece in step.pieces:
            correlation += 1
            yield from _piece(header, step, piece, correlation)
        for number, begin, end in _launches(step, correlation):
            yield _complete(step.rank, _HOST_THREAD, ("cuda_runtime", launch), (begin, end), {"correlation": number})


def _launches(step: ProfiledStep, last: int) -> Iterator[tuple[int, float, float]]:
    """When the host launched each piece of a step, of which the last has a number; a launch ends when the next begins."""
    first = last - len(step.pieces) + 1
    times = [(first + place, piece.launched) for place, piece in enumerate(step.pieces) if piece.kind != "host"]
    for (number, begin), (_, after) in pairwise([*times, (0, step.end_us)]):
        yield number, begin, min(after, begin + LAUNCH_US)


def _piece(header: Header, step: ProfiledStep, piece: Piece, correlation: int) -> Iterator[Json]:
    span = (piece.begin, piece.end)
    told = {
        key: value
        for key, value in (("micro-batch", piece.micro_batch), ("chunk", piece.chunk), ("layer", piece.layer))
        if value is not None
    }
    if piece.kind == "host":
        yield _complete(step.rank, _HOST_THREAD, ("cpu_op", piece.name), span, told)
        return
    move, stream = piece.transfer, _stream(piece)
    arguments = {**_on(header, step, stream), "correlation": correlation, **told}
    if move is None:
        category = "kernel" if piece.kind == "compute" else "gpu_user_annotation"
        yield _complete(step.rank, stream, (category, piece.name), span, arguments)
        return
    yield _complete(
        step.rank, stream, ("kernel", _kernel(move)), span, {**arguments, "what": piece.name, **_moved(move)}
    )
    if piece.kind == "wait":
        yield _complete(step.rank, _WAITS, ("gpu_user_annotation", piece.name), span, told)


def _stream(piece: Piece) -> int:
    if piece.kind == "compute" or piece.transfer is None:
        return _COMPUTE_STREAM if piece.kind == "compute" else _WAITS
    return _SCATTER_STREAM if piece.transfer.operation == "reduce_scatter" else _STREAMS[piece.transfer.group]


def _on(header: Header, step: ProfiledStep, stream: int) -> Json:
    return {"device": step.rank % header.per_node, "context": 1, "stream": stream}


def _kernel(move: Transfer) -> str:
    """As NCCL and RCCL name their kernels; which of their algorithms runs is not said."""
    name, _ = _COLLECTIVES[move.operation]
    return f"ncclDevKernel_{name}_{_KERNEL_TYPES[move.dtype]}" if "Sum" in name else f"ncclDevKernel_{name}"


def _moved(move: Transfer) -> Json:
    """The arguments that PyTorch's profiler gives to NCCL's kernels; the smaller of both buffers is a rank's share."""
    whole = move.message_bytes // _BYTES[move.dtype]
    share = whole // move.ranks
    incoming, outgoing = {"all_gather": (share, whole), "reduce_scatter": (whole, share)}.get(
        move.operation, (whole, whole)
    )
    return {
        "Collective name": _COLLECTIVES[move.operation][1],
        "In msg nelems": incoming,
        "Out msg nelems": outgoing,
        "Group size": move.ranks,
        "dtype": move.dtype,
        "Process Group Name": move.group,
        "Process Group Description": f"{move.group} parallel" if move.group != "world" else "default_pg",
    }


def _complete(rank: int, thread: int, kind: tuple[str, str], span: tuple[float, float], arguments: Json) -> Json:
    begin, end = span
    return {
        "ph": "X",
        "cat": kind[0],
        "name": kind[1],
        "pid": rank,
        "tid": thread,
        "ts": round(begin, 3),
        "dur": round(end - begin, 3),
        "args": arguments,
    }
