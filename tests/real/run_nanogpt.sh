#!/bin/sh
# Runs nanoGPT's train.py from a checkout (karpathy/nanoGPT at 3adf61e1) for twenty iterations on two processes of this machine's CPU:
# the first start ends at iteration 14, the second resumes.   run_nanogpt.sh CHECKOUT FOLDER
set -e
mkdir -p "$2/data/random"
cd "$2"
python - <<'PYTHON'
import numpy

draw = numpy.random.default_rng(1)
for split in ("train", "val"):
    draw.integers(0, 64, 65_536).astype(numpy.uint16).tofile(f"data/random/{split}.bin")
PYTHON
cp "$1/train.py" "$1/model.py" "$1/configurator.py" .
settings="--dataset=random --out_dir=out --device=cpu --compile=False --backend=gloo --eval_interval=5 --eval_iters=2 --log_interval=2
 --block_size=16 --batch_size=4 --n_layer=1 --n_head=2 --n_embd=16 --gradient_accumulation_steps=2 --warmup_iters=4 --lr_decay_iters=20"
python -u train.py $settings --init_from=scratch --max_iters=14
echo "---- a second start"
python -u train.py $settings --init_from=resume --max_iters=20
