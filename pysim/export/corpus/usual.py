"""The specification of a corpus for which none is given."""

USUAL = """\
# What a corpus is made of. Every option of a run can be drawn; `pysim --help` explains them. A value is
#   a text or a number            always this one          gpus = 64
#   a list                        each as likely           precision = ["bf16", "fp8"]
#   a table of weights            by weight                view = { megatron = 3, merged = 1 }
#   a range                       least, most              tokens = { least = "200M", most = "4B", spread = "log" }
# "default" leaves an option out. An `until` with a + is counted from `from`. `inject` draws how many incidents are let happen beside those
# that come by themselves (`incidents`), of which causes, and where in the part that is told.

runs = 100
seed = 0
beside = ["kernel", "slurm"] # logs that are told beside the view, of runs that have them

[sample]
incidents = [0, 1, 3]
start = ["default", "2024-02-12T08:00:00", "2024-09-30T21:30:00", "2025-05-16T04:15:00", "2026-01-05T09:00:00"]
inject = { count = { 0 = 2, 1 = 5, 2 = 2, 3 = 1 }, cause = "any", place = { least = "5%", most = "90%" } }

[[population]]
name = "one machine"
weight = 3
[population.sample]
preset = "gpt2-124m"
gpus = [1, 4, 8]
tokens = { least = "100M", most = "1B", spread = "log" }
view = ["nanogpt", "hf", "deepspeed", "llmc", "megatron"]

[[population]]
name = "a few machines"
weight = 4
[population.sample]
preset = ["classic", "llama-7b"]
gpus = { least = 16, most = 256, spread = "log", multiple = 16 }
tokens = { least = "1B", most = "8B", spread = "log" }
view = { megatron = 3, merged = 3, torchtitan = 2, olmo = 1, nemo = 1, hf = 1, deepspeed = 1, maxtext = 1 }

[[population]]
name = "a cluster"
weight = 3
[population.sample]
preset = ["llama3-8b", "llama3-70b", "llama3-405b", "deepseek-v3"]
from = { least = "0%", most = "95%" }
until = { "+4h" = 2, "+12h" = 2, "+1d" = 1 }
view = { megatron = 3, merged = 4, torchtitan = 2, nemo = 1 }
"""
