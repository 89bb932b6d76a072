"""What the exchanges of a step move, and among whom."""

from functools import cached_property

from pysim.physics.cluster import gradient_bytes_per_rank, gradient_group, send_bytes
from pysim.physics.exchanges import replica_exchanges
from pysim.physics.memory import ACTIVATION_BYTES
from pysim.physics.states import gradient_bytes
from pysim.pretraining.plan import Plan
from pysim.story.profile import Transfer

_ACTIVATIONS, _BYTES_OF_A_NORM = "BFloat16", 4
_GRADIENTS = {2: "BFloat16", 4: "Float"}


class Transfers:
    """Of one plan, by what they are for."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def named(self, name: str) -> Transfer | None:
        """The transfer of a part of a layer; None where it moves nothing."""
        return self._of_layers.get(name)

    @cached_property
    def send(self) -> Transfer | None:
        """To the next stage, or from the one before."""
        pipeline = self._plan.parallel.pipeline
        return self._transfer("send_receive", "pipeline", 2, send_bytes(self._plan)) if pipeline > 1 else None

    @cached_property
    def sync(self) -> Transfer:
        """All gradients of a rank, with those of all others that have the same parameters."""
        ranks, _ = gradient_group(self._plan)
        each = gradient_bytes(self._plan)
        return Transfer(
            operation="all_reduce",
            group="data",
            ranks=ranks,
            message_bytes=round(gradient_bytes_per_rank(self._plan)),
            dtype=_GRADIENTS[each],
        )

    @cached_property
    def norm(self) -> Transfer:
        """The norm of all gradients, which nobody knows before all are there."""
        world = self._plan.world_size
        return Transfer(
            operation="all_reduce", group="world", ranks=world, message_bytes=_BYTES_OF_A_NORM, dtype="Float"
        )

    @cached_property
    def _of_layers(self) -> dict[str, Transfer | None]:
        plan, parallel = self._plan, self._plan.parallel
        tokens = plan.micro_batch_size * plan.sequence_length / parallel.context
        activations = tokens * plan.model.hidden_size * ACTIVATION_BYTES
        keys = 2 * tokens * parallel.context * plan.model.kv_heads * plan.model.head_dim * ACTIVATION_BYTES
        exchanged = {each.operation: each for each in replica_exchanges(plan)}
        gather, scatter = exchanged.get("all_gather"), exchanged.get("reduce_scatter")
        return {
            "tensor": self._transfer("all_reduce", "tensor", parallel.tensor, activations),
            "context": self._transfer("all_gather", "context", parallel.context, keys / parallel.tensor),
            "expert": self._transfer("all_to_all", "expert", parallel.expert, activations / parallel.tensor),
            "weights": self._transfer("all_gather", "data", gather.ranks, gather.message_bytes) if gather else None,
            "gradients": self._transfer("reduce_scatter", "data", scatter.ranks, scatter.message_bytes)
            if scatter
            else None,
            "send": self.send,
        }

    @staticmethod
    def _transfer(operation: str, group: str, ranks: int, message_bytes: float) -> Transfer:
        return Transfer(
            operation=operation, group=group, ranks=ranks, message_bytes=round(message_bytes), dtype=_ACTIVATIONS
        )
