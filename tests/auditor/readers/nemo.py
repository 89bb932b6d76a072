"""Reads NeMo's words: its progress printer's, its logger's, Lightning's. Made from their source and runs of them."""

from auditor.readers.trainer_lines import TrainerLines

_STAMP = r"\[NeMo I (?P<s_time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) nemo_logging:\d+\] "
_SHORT = r"-?\d+(?:\.\d+)?(?:e[+-]\d\d)?|nan"

ROWS = (
    (
        "step",
        (rf"Training epoch 0, iteration (?P<i_iteration>\d+)/(?P<i_last>\d+)(?: \| reduced_train_loss: (?:{_SHORT}))?"
        rf" \| lr: (?P<n_learning_rate>{_SHORT})(?: \| global_batch_size: (?P<n_batch>{_SHORT}))?"
        rf" \| global_step: (?P<i_step>\d+)(?: \| reduced_train_loss: (?P<n_loss>{_SHORT}))?"
        rf"(?: \| consumed_samples: (?:{_SHORT}))? \| train_step_timing in s: (?P<n_seconds>{_SHORT})"
        rf"(?: \| consumed_samples: (?P<n_sequences>{_SHORT}))?(?: \| val_loss: (?P<n_validation>{_SHORT}))?"),
    ),
    ("sanity", r"Sanity checking Validation: iteration (?P<i_batch>\d+)/(?P<i_batches>\d+)"),
    ("validation", r"Validation: iteration (?P<i_batch>\d+)/(?P<i_batches>\d+)"),
    ("saved", _STAMP + r"Global Checkpoint Save : Rank: 0 : Iteration: (?P<i_iteration>\d+) : Start time: (?P<n_began>\d+\.\d{3})s : Save duration: (?P<n_seconds>\d+\.\d{3})s"),
    ("loaded", _STAMP + r"Global Checkpoint Load : Rank : 0 : Start time : (?P<n_began>\d+\.\d{3})s : Time spent in load_checkpoint: (?P<n_seconds>\d+\.\d{3})s"),
    ("restoring", r"Restoring states from the checkpoint path at (?P<s_path>\S+)"),
    ("restored", r"Restored all states from the checkpoint at (?P<s_path>\S+)"),
    ("group", _STAMP + r"(?P<s_words>(?:All|Ranks?) .*(?:group|ranks|combined|rank).*)"),
    ("member", r"Initializing distributed: GLOBAL_RANK: (?P<i_rank>\d+), MEMBER: (?P<i_member>\d+)/(?P<i_world>\d+)"),
    ("stopped", r"`Trainer\.fit` stopped: `max_steps=(?P<i_steps>\d+)` reached\."),
)  # fmt: skip

NEMO = TrainerLines(ROWS)
