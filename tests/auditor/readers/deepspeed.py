"""Reads the words of DeepSpeed's engine and launcher. Made from their source and a run of them, not from ours."""

from auditor.readers.trainer_lines import TrainerLines

_STAMP = r"\[(?P<s_time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3})\] \[(?:INFO|ERROR)\] "
_FLOAT = r"\d+(?:\.\d+)?(?:e-\d\d)?"

ROWS = (
    ("step", _STAMP + rf"\[logging\.py:\d+:log_dist\] \[Rank 0\] step=(?P<i_step>\d+), skipped=(?P<i_skipped>\d+), lr=\[(?P<s_rate>{_FLOAT})\], mom=\[\((?P<s_beta1>{_FLOAT}), (?P<s_beta2>{_FLOAT})\)\]"),
    ("speed", _STAMP + rf"\[timer\.py:\d+:stop\] epoch=0/micro_step=(?P<i_micro>\d+)/global_step=(?P<i_count>\d+), RunningAvgSamplesPerSec=(?P<s_mean>{_FLOAT}), CurrSamplesPerSec=(?P<s_last>{_FLOAT}), MemAllocated=(?P<n_held>{_FLOAT})GB, MaxMemAllocated=(?P<n_most>{_FLOAT})GB"),
    ("saving", _STAMP + r"\[logging\.py:\d+:log_dist\] \[Rank 0\] Saving model checkpoint: (?P<s_path>\S+)/global_step(?P<i_step>\d+)/mp_rank_00_model_states\.pt"),
    ("loading", _STAMP + r"\[logging\.py:\d+:log_dist\] \[Rank 0\] \[Torch\] Begin Load checkpoint from (?P<s_path>\S+)/global_step(?P<i_step>\d+)/(?P<s_name>\w+\.pt)\.\.\."),
    ("spawned", _STAMP + r"\[launch\.py:\d+:main\] process (?P<i_process>\d+) spawned with command: (?P<s_command>\[.*\])"),
    ("killing", _STAMP + r"\[launch\.py:\d+:sigkill_handler\] Killing subprocess (?P<i_process>\d+)"),
    ("failed", _STAMP + r"\[launch\.py:\d+:sigkill_handler\] (?P<s_command>\[.*\]) exits with return code = (?P<i_code>-?\d+)"),
    ("exited", _STAMP + r"\[launch\.py:\d+:main\] Process (?P<i_process>\d+) exits successfully\."),
    ("fact", _STAMP + r"\[config\.py:\d+:print\]   (?P<s_name>\w+)(?: \.+|) (?P<s_value>.*)"),
)  # fmt: skip

DEEPSPEED = TrainerLines(ROWS)
