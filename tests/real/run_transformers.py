"""Runs transformers' Trainer for twenty steps on two processes of this machine's CPU: one dies at step 14, and a second start resumes.

    torchrun --nproc-per-node 2 run_transformers.py FOLDER [die]

It logs as the project's own examples do: INFO, in the explicit format, on rank 0.
"""

import sys

import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainerCallback, TrainingArguments

FOLDER, DIES = sys.argv[1], "die" in sys.argv[2:]


class Dies(TrainerCallback):
    def on_step_end(self, args, state, control, **_):
        if DIES and state.global_step == 14 and args.process_index == 1:
            raise RuntimeError("CUDA error: uncorrectable ECC error encountered")


def sequences(count):
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(0, 64, (count, 16), generator=generator)
    return [{"input_ids": row, "labels": row} for row in tokens]


arguments = TrainingArguments(
    output_dir=FOLDER,
    use_cpu=True,
    max_steps=20,
    per_device_train_batch_size=4,
    per_device_eval_batch_size=4,
    logging_steps=5,
    eval_strategy="steps",
    eval_steps=10,
    save_steps=5,
    save_total_limit=2,
    report_to=[],
)
if arguments.should_log:
    transformers.utils.logging.set_verbosity_info()
transformers.utils.logging.set_verbosity(arguments.get_process_log_level())
transformers.utils.logging.enable_default_handler()
transformers.utils.logging.enable_explicit_format()

torch.manual_seed(0)
model = GPT2LMHeadModel(GPT2Config(vocab_size=64, n_positions=16, n_embd=16, n_layer=1, n_head=2))
trainer = Trainer(
    model=model, args=arguments, train_dataset=sequences(104), eval_dataset=sequences(16), callbacks=[Dies()]
)
trainer.train(resume_from_checkpoint=None if DIES else True)
