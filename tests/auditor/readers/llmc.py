"""Reads llm.c's words. Made from its source, not from ours."""

from auditor.readers.trainer_lines import TrainerLines

_SIGNED = r"[+-](?:\d+\.\d\d|nan)"

ROWS = (
    (
        "step",
        (rf"step +(?P<i_step>\d+)/(?P<i_total>\d+) \| loss +(?P<n_loss>\d+\.\d{{6}}|nan) \((?P<n_loss_z>{_SIGNED})z\)\| norm +(?P<n_norm>\d+\.\d{{4}}|nan) "
        rf"\((?P<n_norm_z>{_SIGNED})z\)\| lr (?P<n_learning_rate>\d\.\d\de[+-]\d\d) \| (?P<n_milliseconds>\d+\.\d\d) ms \| (?P<n_mfu>-?\d+\.\d)% bf16 MFU \| (?P<n_rate>\d+) tok/s"),
    ),
    ("validation", r"val loss (?P<n_loss>\d+\.\d{6}|nan)"),
    ("saving", r"Writing checkpoint at step (?P<i_step>\d+)"),
    ("model", r"Writing model to \S+/model_(?P<i_step>\d{8})\.bin"),
    ("state", r"Writing state to \S+/state_(?P<i_step>\d{8})_(?P<i_rank>\d{5})\.bin"),
    ("row", r"\| (?P<s_name>[\w ().]+?) +\| (?P<s_value>.+?) +\|"),
    ("parameters", r"num_parameters: (?P<i_parameters>\d+) => bytes: (?P<i_bytes>\d+)"),
    ("batch", r"batch_size B=(?P<i_micro>\d+) \* seq_len T=(?P<i_length>\d+) \* num_processes=(?P<i_world>\d+) and total_batch_size=(?P<i_tokens>\d+)"),
    ("accumulation", r"=> setting grad_accum_steps=(?P<i_steps>\d+)"),
    ("end", r"total average iteration time: (?P<n_milliseconds>\d+\.\d{6}) ms"),
)  # fmt: skip

LLMC = TrainerLines(ROWS)
