"""Reads Megatron-LM's words. Made from its source, not from ours."""

from auditor.readers.trainer_lines import TrainerLines

_STAMP = r"\[(?P<s_time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6})\]"
_REAL, _SCIENTIFIC = r"\d+\.\d", r"\d\.\d{6}E[+-]\d\d"
_PLACE = r"\[ t 1/\d+, gtp_remat 1/1, p 1/\d+ \]"

ROWS = (
    (
        "step",
        (rf" {_STAMP} iteration +(?P<i_last>\d+)/ +(?P<i_total_steps>\d+) \| consumed samples: +(?P<i_sequences>\d+) \|"
        rf" elapsed time per iteration \(ms\): (?P<n_milliseconds>{_REAL}) \|"
        rf" throughput per GPU \(TFLOP/s/GPU\): (?P<n_tflops>{_REAL}) \| learning rate: (?P<n_learning_rate>{_SCIENTIFIC}) \|"
        rf" global batch size: +(?P<i_global_batch_size>\d+) \|(?: lm loss: (?P<n_loss>{_SCIENTIFIC}) \|)?"
        rf" loss scale: (?P<n_loss_scale>{_REAL}) \|(?: grad norm: (?P<n_grad_norm>\d+\.\d{{3}}) \|)?"
        r" number of skipped iterations: +(?P<i_skipped_steps>\d+) \| number of nan iterations: +(?P<i_nan_steps>\d+) \|"),
    ),
    (
        "validation",
        (r" validation loss at iteration (?P<i_step>\d+)(?P<s_set> on validation set)? \|"
        rf" lm loss value: (?P<n_loss>{_SCIENTIFIC}) \| lm loss PPL: (?P<n_perplexity>{_SCIENTIFIC}) \| "),
    ),
    ("saving", rf"{_STAMP} saving checkpoint at iteration +(?P<i_step>\d+) to (?P<s_path>\S+) in torch_dist format"),
    ("saved", rf"  {_STAMP} successfully saved checkpoint from iteration +(?P<i_step>\d+) to (?P<s_path>\S+) {_PLACE}"),
    ("loading", r" loading distributed checkpoint from (?P<s_path>\S+) at iteration (?P<i_step>\d+)"),
    ("loaded", rf"  successfully loaded checkpoint from (?P<s_path>\S+) {_PLACE} at iteration (?P<i_step>\d+)"),
    ("timer", r"    (?P<s_name>[\w-]+) \.+: \((?P<n_least>\d+\.\d\d), (?P<n_most>\d+\.\d\d)\)"),
    ("argument", r"  (?P<s_name>\w+) \.+ (?P<s_value>.*)"),
    ("parameters", r" > number of parameters on \(tensor, gtp_weight_remat, pipeline\) model parallel rank \((?P<i_tensor>\d+), 0, (?P<i_stage>\d+)\): (?P<i_parameters>\d+)"),
    ("memory", r"\[Rank (?P<i_rank>\d+)\] \(after (?P<i_step>\d+) iterations\) memory \(MB\) \| allocated: (?P<n_now>\d+\.\d\d) \| max allocated: (?P<n_most>\d+\.\d\d) \| reserved: \d+\.\d\d \| max reserved: \d+\.\d\d"),
    ("trained", r"\[after training is done\] datetime: (?P<s_time>\S+ \S+) "),
)  # fmt: skip

MEGATRON = TrainerLines(ROWS)
