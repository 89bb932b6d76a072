"""The pieces of one step as the laws have them, in seconds from its beginning.

A stage with less work than the slowest waits for it within each pass; with the pipeline's filling and draining these waits are its
bubbles. Where ranks divide the weights, those of each layer are gathered before it and its gradients scattered after it: what compute
hides of that lies under the kernels before, and what it does not hide stands alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pysim.physics.pipeline_order import Pass, Timed, times
from pysim.pretraining.profiling.lengths import Lengths
from pysim.pretraining.profiling.transfers import Transfers
from pysim.story.profile import Piece, PieceKind, Transfer

_NOTHING = 1e-7  # seconds: a wait that is shorter is a rounding error


def pieces_of_step(long: Lengths, moves: Transfers, stage: int) -> Iterator[Piece]:
    """From the first thing to the last."""
    yield Piece(name="loading the batch, logging", kind="host", begin=0.0, end=long.host)
    passes = times(
        long.stages, long.chunks, long.micro_batches, _pass(long, is_forward=True), _pass(long, is_forward=False)
    )
    begins = [
        each.begin + shift for each, shift in zip(passes[stage], _shifts(long, passes[stage], stage), strict=True)
    ]
    whole = long.total - long.host - long.sync - long.stragglers - long.optimizer
    squeeze = whole / (_end(long, passes) + _sends(long))  # 1 but where micro-batches do not fill the last group
    free = long.host
    for each, begin in zip(passes[stage], begins, strict=True):
        at = long.host + squeeze * begin
        yield from _waiting("pipeline bubble", free, at, moves.send)
        for piece in _placed(long, each.what, stage, moves, at=at, squeeze=squeeze):
            yield piece
            free = max(free, piece.end)
    yield from _closing(long, moves, free, long.host + whole)


def _pass(long: Lengths, *, is_forward: bool) -> float:
    """One pass through a chunk of the slowest stage, with the send after it where that is waited for."""
    exposed = sum(each.seconds for each in _communication(long, is_forward=is_forward))
    compute = long.step.compute_seconds / long.micro_batches * long.share(is_forward=is_forward)
    return (compute + max(long.layers) * exposed) / long.chunks + (long.send if long.chunks == 1 else 0.0)


def _end(long: Lengths, passes: Sequence[Sequence[Timed]]) -> float:
    return max(stage[-1].begin + _pass(long, is_forward=stage[-1].what.is_forward) for stage in passes)


def _sends(long: Lengths) -> float:
    """Sends that interleaved stages wait for: those that fill and drain the pipeline."""
    return 2 * (long.stages - 1) * long.send if long.chunks > 1 else 0.0


def _shifts(long: Lengths, passes: Sequence[Timed], stage: int) -> Iterator[float]:
    """By how much such sends delay each pass: activations come through the stages before, the first gradients through those after."""
    filling = stage * long.send if long.chunks > 1 else 0.0
    turning = 2 * (long.stages - 1 - stage) * long.send if long.chunks > 1 else 0.0
    has_turned = False
    for each in passes:
        has_turned |= not each.what.is_forward
        yield filling + turning * has_turned


def _closing(long: Lengths, moves: Transfers, free: float, end: float) -> Iterator[Piece]:
    """Gradients are summed up, all wait for each other, and the optimizer steps."""
    if long.sync:
        begin = max(free - long.sync_hidden, long.host)
        yield Piece(name="gradients", kind="communication", begin=begin, end=free + long.sync, transfer=moves.sync)
    yield from _waiting("pipeline bubble", free + long.sync, end + long.sync, moves.send)
    at = end + long.sync
    yield from _waiting("waiting for the slowest process", at, at + long.stragglers, moves.norm)
    at += long.stragglers
    yield Piece(name="optimizer", kind="compute", begin=at, end=at + long.optimizer)


def _waiting(name: str, begin: float, end: float, transfer: Transfer | None) -> Iterator[Piece]:
    if end - begin > _NOTHING:
        yield Piece(name=name, kind="wait", begin=begin, end=end, transfer=transfer)


# One pass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Something of a layer, in the order in which it is done; `hidden` seconds of it lie under what comes before."""

    name: str
    kind: PieceKind
    seconds: float
    hidden: float = 0.0
    move: str = ""  # the transfer's name


def _placed(long: Lengths, what: Pass, stage: int, moves: Transfers, *, at: float, squeeze: float) -> Iterator[Piece]:
    """The pieces of a pass that begins at a time."""
    way = "forward" if what.is_forward else "backward"
    for layer, part in _parts(long, what, stage):
        end = at + part.seconds * squeeze
        yield Piece(
            name=f"{part.name}, {way}",
            kind=part.kind,
            begin=max(at - part.hidden * squeeze, long.host),
            end=end,
            micro_batch=what.micro_batch,
            chunk=what.chunk,
            layer=layer,
            transfer=moves.named(part.move),
        )
        at = end


def _parts(long: Lengths, what: Pass, stage: int) -> Iterator[tuple[int | None, _Part]]:
    """All that is done in a pass, with the number of the layer."""
    in_chunk = long.layers[stage] / long.chunks
    count = max(round(in_chunk), 1)
    logits = _logits(long, what, stage)
    if stage == long.stages - 1:  # chunks take as long as each other: who has the logits has less of the layers
        computed = in_chunk + long.logits / long.layer * (1 / long.chunks - (what.chunk == long.chunks - 1))
    else:
        computed = in_chunk
    if not what.is_forward:
        yield from ((None, part) for part in logits)
    parts = list(_layer(long, is_forward=what.is_forward, computed=computed / count, moved=in_chunk / count))
    for layer in range(count):
        yield from ((layer, part) for part in parts)
    if what.is_forward:
        yield from ((None, part) for part in logits)
    has_neighbour = stage < long.stages - 1 if what.is_forward else stage > 0
    if long.chunks == 1 and has_neighbour:
        yield None, _Part(name="send", kind="communication", seconds=long.send, move="send")


def _logits(long: Lengths, what: Pass, stage: int) -> list[_Part]:
    if stage != long.stages - 1 or what.chunk != long.chunks - 1:
        return []
    return [_Part(name="logits and loss", kind="compute", seconds=long.logits * long.share(is_forward=what.is_forward))]


def _layer(long: Lengths, *, is_forward: bool, computed: float, moved: float) -> Iterator[_Part]:
    """So much of a layer, what computes and what is sent; the backward pass does the same from its end."""
    compute = long.layer * long.share(is_forward=is_forward) * computed
    matmuls, shares = compute * long.shares.matmuls, long.shares
    kernels = [
        _Part(name="matmuls of attention", kind="compute", seconds=matmuls * long.attention_matmuls),
        _Part(name="attention", kind="compute", seconds=compute * shares.attention),
        _Part(name="matmuls of feed-forward", kind="compute", seconds=matmuls * (1 - long.attention_matmuls)),
        _Part(name="norms, activations, residuals", kind="compute", seconds=compute * shares.between),
    ]
    sent = [_times(each, moved) for each in _communication(long, is_forward=is_forward)]
    before, middle, after = ([each for each in sent if _PLACES[each.name] == place] for place in range(3))
    if not is_forward:
        kernels.reverse()
    yield from (*before, *kernels[:2], *middle, *kernels[2:], *after)


_PLACES = {
    "gather weights": 0,
    "keys and values": 0,
    "reduce": 1,
    "dispatch": 1,
    "combine": 2,
    "reduce again": 2,
    "scatter gradients": 2,
}
"""Where in a layer: before it, between its halves, after it."""


def _times(part: _Part, factor: float) -> _Part:
    return _Part(
        name=part.name, kind=part.kind, seconds=part.seconds * factor, hidden=part.hidden * factor, move=part.move
    )


def _communication(long: Lengths, *, is_forward: bool) -> Iterator[_Part]:
    """What a layer exposes of its exchanges in one pass."""
    reductions = 2 if is_forward else long.tensor_calls - 2
    of_ranks = (
        ("gather weights", "weights", long.gather),
        ("keys and values", "context", long.context_layer * (1 / 3 if is_forward else 2 / 3)),
        ("reduce", "tensor", long.tensor_layer / long.tensor_calls * reductions / 2),
        ("dispatch", "expert", long.expert_layer / long.expert_calls),
        ("combine", "expert", long.expert_layer / long.expert_calls),
        ("reduce again", "tensor", long.tensor_layer / long.tensor_calls * reductions / 2),
        ("scatter gradients", "gradients", 0.0 if is_forward else long.scatter),
    )
    for name, move, seconds in of_ranks:
        if seconds:
            hidden = seconds * long.hidden if move in ("weights", "gradients") else 0.0
            yield _Part(name=name, kind="communication", seconds=seconds, hidden=hidden, move=move)
