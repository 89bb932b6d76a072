#!/bin/sh
# Runs MaxText itself, on a CPU, and prints what it says: the sample that our dialect is held against.
#
#     python -m venv V; V/bin/pip install maxtext==0.2.5 jax    # and what it still misses when it is imported
#     PATH=V/bin:$PATH tests/real/run_maxtext.sh WORKDIR > tests/real/maxtext.txt
#
# Eight steps of a small model on made-up tokens, with checkpoints and validations, and a second life that goes on from the last
# checkpoint up to the twelfth. Of what it prints, its own files' lines are kept, of orbax when saves and loads begin and end, and of some
# 860 parameters those that our dialect has. Not run by the tests, which read what it left behind.
set -e
cd "$1"
export JAX_PLATFORMS=cpu DECOUPLE_GCLOUD=TRUE XLA_FLAGS="--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
OWN='(max_utils|train_utils|maxtext_utils|checkpointing|metric_logger|train|event_tracking)\.py:|Memstats'
PARAMETERS='adam_(b1|b2|eps|weight_decay)|async_checkpointing|base_(emb_dim|mlp_dim|num_(decoder_layers|kv_heads|query_heads)|output_directory)|checkpoint_(dir|period)|dtype|eval_(interval|start_step|steps)|gradient_(accumulation_steps|clipping_threshold)|hardware|head_dim|learning_rate|max_target_length|num_experts(_per_tok)?|opt_type|per_device_batch_size|remat_policy|run_name|steps|vocab_size'
for STEPS in 8 12; do
    python -m maxtext.trainers.pre_train.train skip_jax_distributed_system=true run_name=small base_output_directory=./out hardware=cpu \
        dataset_type=synthetic enable_checkpointing=true checkpoint_period=6 async_checkpointing=false base_emb_dim=32 \
        base_num_query_heads=2 base_num_kv_heads=2 head_dim=16 base_mlp_dim=64 base_num_decoder_layers=2 vocab_size=256 \
        max_target_length=64 per_device_batch_size=2 eval_interval=5 eval_steps=2 enable_goodput_recording=false log_period=5 \
        attention=dot_product steps=$STEPS 2>&1
done | grep -aE "$OWN|Config param ($PARAMETERS): "
