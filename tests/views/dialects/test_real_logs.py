"""Our words beside those of the real programs, line shape by line shape: what we print they print, what they print we print or leave out knowingly.

A shape is a line without its numbers, names and stamps. tests/real has the scripts that ran the programs and what they printed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from auditor.readers.hf import pieces
from lives import log_of

REAL = Path(__file__).parents[2] / "real"
_PLACEHOLDERS = (  # in this order
    (r"\bTrue\b|\bFalse\b", "?"),
    (r"[█▏▎▍▌▋▊▉ ]{10}\|", "BAR|"),
    (r"(?<=[\d?])(?:it/s|s/it)\b", "rate"),
    (r"^([WE])\d{4} ", r"\1# "),
    (r"\[rank\d+\]", "[rank#]"),
    (r"worker-\d[\w.-]*|localhost", "HOST"),
    (r"\d{4}-\d\d-\d\d[ _]\d\d:\d\d:\d\d(?:,\d{3})?|(?:\d+ days?, )?\d+:\d\d:\d\d(?:\.\d+)?|\d\d:\d\d", "TIME"),
    (r"(?<![\w.\]])/[\w./=@-]*\w|\b(?:out|lit|hf|nm|ds_out)(?:/[\w./=-]*\w)?(?=[\s'./]|$)", "PATH"),
    (r"global_step\d+", "global_step#"),
    (r"(?<![A-Za-z_\d])[+-]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?|\bnan\b|\binf\b|n/a", "#"),
    (r"[\[{(]#(?:, ?#)*[\]})]", "LIST"),
    (r"\['PATH', '-u'.*?\]", "COMMAND"),
    (r"#(?:,#)+", "#"),
    (r"'HOST': LIST(?:, 'HOST': LIST)*", "HOSTS"),
    (r" +", " "),
)  # fmt: skip


def shape(line: str) -> str:
    """The line, with placeholders."""
    for pattern, placeholder in _PLACEHOLDERS:
        line = re.sub(pattern, placeholder, line)
    return line.strip()


# Of the real program's lines those that we leave out, each with the reason; patterns of whole shapes.
LAUNCHER = (  # torchrun of another release has other line numbers, and says what the run does not know
    r"[WE]# TIME.*", r"Traceback .*", r" *File .*", r".*\^\^.*", r"return .*", r"run\(args\)", r"elastic_launch\(", r"sys\.exit\(main\(\)\)",
    r"raise ChildFailedError\(", r"\[rank#\]:.*", r"=+|-+", r".*FAILED", r"Failures:", r"Root Cause .*", r"\[#\]:|LIST:", r"(time|host|rank|exitcode|error_file|traceback) *:.*",
    r"torch\.distributed\.elastic.*", r"---- a second start",
)  # fmt: skip
WARNINGS = (r".*Warning: .*", r"super\(\).*", r"scaler = .*", r"return func.*")  # of PyTorch and this machine
LEFT_OUT: Mapping[str, Sequence[str]] = {
    "hf": (
        *LAUNCHER,
        r"\[WARNING\|logging\.py:#\] .*",  # of the toy's own configuration
        r"\[WARNING\|trainer\.py:#\] .*There were missing keys.*",  # tied weights
        r"\[INFO\|configuration_utils\.py:#\] TIME >> Generate config .*", r"\"[a-z_]+\": .*", r"\}",  # the model class's, before training
        r"\[INFO\|trainer\.py:#\] TIME >> max_steps is given.*",  # we give epochs
        r"Writing model shards:.*",  # a bar of milliseconds
        r"#%\|BAR\| #/# \[TIME<\?, \?rate\]",  # bars before their first step
    ),
    "nanogpt": (
        *LAUNCHER, *WARNINGS,
        r"Overriding: .*",  # where options are given on the command line; ours stand in the file
        r"defaulting to vocab_size of GPT-# to # .*",  # where the data does not say
    ),
    "nemo": (
        *LAUNCHER, *WARNINGS,
        r"GPU available: \?, used: \?",  # has no accelerator
        r".*Tip: For seamless.*",  # of Lightning's own cloud
        r"\[NeMo W TIME nemo_logging:#\] PATH.*",  # Python warnings
        r"distributed_backend=gloo",
        r"Sanity checking Validation: iteration #/#",
        r"Training epoch #, iteration #/# \| reduced_train_loss: .*",  # logged by another module in another order
    ),
    "litgpt": (
        *LAUNCHER,
        r"\{?'.*", r"[{'].*", r"'.*",  # its settings, printed whole
        r"PATH.*Environment variable.*",
        r"Seed set to #",  # of a process that is alone
    ),
    "deepspeed": (
        *LAUNCHER, *WARNINGS,
        r"\[TIME\] \[WARNING\] \[runner\.py:#:fetch_hostfile\] .*", r"\[TIME\] \[INFO\] \[runner\.py:#:main\] cmd = .*",  # on the machine that starts nodes
        r"\[TIME\] \[INFO\] \[config\.py:#:print\] .*", r"\"[a-z_0-9]+\": .*", r"\},?", r"\[TIME\] \[INFO\] \[config\.py:#:print_user_config\] .*",  # defaults
        r"\[TIME\] \[INFO\] \[utils\.py:#:is_zero_supported_optimizer\] .*", r"\[TIME\] \[INFO\] \[stage_1_and_2\.py:#:__init__\] Flattening .*",
        r"\[TIME\] \[WARNING\] \[lr_schedules\.py:#:get_lr\] .*", r".*DeepSpeed (using configured )?LR [Ss]cheduler = .*",  # ours is the script's own
        r".*DeepSpeed Basic Optimizer = AdamW", r".*\[TorchCheckpointEngine\] Initialized .*",
        r"\[TIME\] \[INFO\] \[launch\.py:#:sigkill_handler\] Main process received .*",
        r".*Initializing TorchBackend in DeepSpeed with backend gloo",
    ),
}  # fmt: skip

# Of our lines those that the real program could not print here, where it comes from; patterns of whole shapes.
FAILURE = (*LAUNCHER, r".*NCCL WARN.*", r"srun: .*", r"slurmstepd: .*", r"<NO_OTHER_FAILURES>")
FROM_SOURCE: Mapping[str, Sequence[str]] = {
    "hf": FAILURE,
    "nanogpt": (*FAILURE, r"found vocab_size = # \(inside .*meta\.pkl\)"),  # train.py:144
    "nemo": (
        *FAILURE,
        r"GPU available: \? \(cuda\), used: \?",  # lightning/pytorch/trainer/setup.py
        r"\[NeMo W TIME nemo_logging:#\] (No version folders|There were no checkpoints).*",  # nemo_logger.py:146, resume.py:239
        r"\[NeMo I TIME nemo_logging:#\] (All|Ranks?) .*",  # megatron_init.py:449
        r"\[NeMo I TIME nemo_logging:#\] (Padded vocab_size| > number of parameters|> number of parameters).*",  # base.py:48, megatron_parallel.py:588
        r"\[NeMo I TIME nemo_logging:#\] Global Checkpoint (Save|Load) : .*",  # io/pl.py:210, 297
        r"LOCAL_RANK: # - CUDA_VISIBLE_DEVICES: .*",  # lightning/pytorch/accelerators/cuda.py
        r"distributed_backend=nccl",
        r"Training epoch #, iteration #/# \| lr: # \| global_batch_size: # \| global_step: # \| reduced_train_loss: #.*",  # megatron_strategy.py
    ),
    "litgpt": (
        *FAILURE,
        r"\[rank: #\] Seed set to #",  # lightning/fabric/utilities/seed.py, of more than one process
        r"Initializing distributed: GLOBAL_RANK: #, MEMBER: #/#", r"-+", r"distributed_backend=nccl",  # lightning/fabric/utilities/distributed.py
        r"All distributed processes registered\. Starting with # processes",
        r"All GPUs are fully connected via NVLink\.",  # litgpt/utils.py:774
        r"\| Memory Usage", r"\| - Memory Used : # GB",  # pretrain.py:282, on CUDA
    ),
    "deepspeed": (
        *FAILURE,
        r".*Initializing TorchBackend in DeepSpeed with backend nccl",
        r".*DeepSpeed Basic Optimizer = FusedAdam",  # engine.py, on CUDA
    ),
}  # fmt: skip
FILES = {
    "hf": "transformers",
    "nanogpt": "nanogpt",
    "nemo": "nemo_printer",
    "litgpt": "litgpt",
    "deepspeed": "deepspeed",
}


def real(name: str) -> Iterator[str]:
    text = (REAL / f"{FILES[name]}.log").read_bytes().decode()
    return (shape(piece) for piece in pieces(text.split("\n")) if piece.strip())


def ours(name: str) -> Iterator[str]:
    log = log_of(name, "rotary" if name == "litgpt" else "life", 20)
    return (shape(piece) for piece in pieces(log) if piece.strip())


def among(patterns: Sequence[str], line: str) -> bool:
    return any(re.fullmatch(pattern, line) for pattern in patterns)


@pytest.mark.parametrize("name", FILES)
def test_what_we_print_the_program_prints(name: str) -> None:
    known = set(real(name))
    foreign = {line for line in ours(name) if line not in known and not among(FROM_SOURCE[name], line)}
    assert not foreign


@pytest.mark.parametrize("name", FILES)
def test_what_the_program_prints_we_print_or_leave_out_knowingly(name: str) -> None:
    known = set(ours(name))
    missing = {line for line in real(name) if line not in known and not among(LEFT_OUT[name], line)}
    assert not missing


def test_a_shape_forgets_numbers_and_names_and_nothing_else() -> None:
    one, other = "iter 5: loss 3.2011, time 12.34ms, mfu -100.00%", "iter 4,000: loss 1.0, time 9ms, mfu 1%"
    assert shape(one) == shape(other) == "iter #: loss #, time #ms, mfu #%"
    assert shape(one) != shape(one.replace(": ", " "))
    assert shape("saving checkpoint to /scratch/run-7") == shape("saving checkpoint to out")
