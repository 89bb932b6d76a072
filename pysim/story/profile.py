"""What a profiler would have recorded of one process: every kernel and every wait of a few steps."""

from dataclasses import dataclass
from typing import Literal

PieceKind = Literal["compute", "communication", "wait", "host"]
"""Kernels that compute; collectives and sends; what of the time is spent waiting for others; and what the host does meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What a collective, or a send, moves: the message is the full buffer of a rank, as nccl-tests count it."""

    operation: str  # all_reduce, reduce_scatter, all_gather, all_to_all, send_receive
    group: str  # tensor, expert, pipeline, data
    ranks: int
    message_bytes: int
    dtype: str  # as Kineto names it


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Something that one process does for a while. Times are microseconds since the launch of the job, where a step has them."""

    name: str
    kind: PieceKind
    begin: float  # a communication may begin while kernels still compute
    end: float
    launched: float = 0.0  # when the host launched it, which runs ahead; 0 for what the host does itself
    micro_batch: int | None = None
    chunk: int | None = None  # of the stage's chunks
    layer: int | None = None  # of the chunk's layers
    transfer: Transfer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfiledStep:
    """One step of one process: its pieces begin with the step and end with it."""

    rank: int
    stage: int  # of the pipeline
    step: int  # the trainer's
    executed: int
    begin_us: int
    end_us: int
    pieces: tuple[Piece, ...]  # in order of their beginnings
