"""What the lines of the console look like: one row for each kind of line, in the order in which they are tried."""

N, Q = r"[\d,]+", r"[\d,.]+ [A-Za-z]+"  # a count; a quantity with its unit
T = r"(?:\d+d )?\d+:\d\d:\d\d|[\d.]+ m?s"  # a length of time

# Kind of event, what its first part looks like, and what its further parts may look like. `n_` numbers, `s_` words.
LINES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "StepCompleted",
        rf"(?:\[Rank 0/(?P<n_world_size>\d+)\] )?(?:\[Node 0/(?P<n_nodes>\d+)\] )?step +(?P<n_step>{N})/(?P<n_total_steps>{N})",
        (
            r"loss +(?P<n_loss>\d+\.\d{4}|nan)", r"ppl +(?P<m_perplexity>[\d,.]+|nan)", r"lr (?P<n_learning_rate>\S+)", r"grad_norm +(?P<n_grad_norm>[\d.]+|inf|nan)",
            rf"loss scale +(?P<n_loss_scale>{N})", r" *(?P<n_step_seconds>[\d.]+ s)", rf" *(?P<m_tokens_per_second>{N}) tok/s", r" *(?P<n_samples_per_second>[\d,.]+) samples/s",
            r"MFU +(?P<n_mfu>[\d.]+%)", rf"elapsed (?P<n_elapsed_seconds>{T})", rf"ETA (?P<n_eta_seconds>{T})",
        ),
    ),
    (
        "StepsReported",
        rf"(?:steps +|mean )(?P<n_first>{N})-(?P<n_last>{N}) *",
        (
            r"(?:mean )?loss +(?P<n_mean_loss>\d+\.\d{4}|nan)", r"grad_norm +(?P<n_mean_grad_norm>[\d.]+|nan)", r" *(?P<n_mean_step_seconds>[\d.]+ s)",
            rf"(?P<m_tokens_per_second>{N}) tok/s", r"lr (?P<n_learning_rate>\S+)",
        ),
    ),
    ("JobLaunched", r"run (?P<s_run_name>\S+)", (rf"(?P<n_world_size>{N}) process(?:es)? on (?P<n_nodes>{N}) nodes?", rf"seed {N}", "times in UTC")),
    (
        "AcceleratorDetected",
        r"\[Rank +(?P<n_rank>\d+)/(?P<n_world_size>\d+)\](?: \[Node (?P<n_node>\d+)/(?P<n_nodes>\d+)\])? (?P<s_accelerator>.+)",
        (r"(?P<n_memory_bytes>[\d.]+ GiB)", r"(?P<n_power_limit_watts>\d+ W)", r"(?P<s_host>[a-z][\w-]*\.[\w.-]+)", r"(?P<s_bus_id>[0-9a-f]{2}:00\.0)",
        r"idle (?P<n_temperature_celsius>\d+) C (?P<n_power_watts>\d+) W"),
    ),
    ("MoreRanks", rf"\.\.\. and (?P<n_more>{N}) more ranks", ()),
    ("MoreNodes", rf"\.\.\. and the same on (?P<n_more>{N}) more nodes?", ()),
    ("More", rf"\.\.\. and (?P<n_more>{N}) more \w+", ()),
    ("CommunicatorsReady", r"(?P<s_communicator>\w+)-parallel groups ready", (rf"(?P<n_communicators>{N}) communicators? of (?P<n_ranks>{N}) ranks",)),
    ("AcceleratorsDetected", rf"(?P<n_world_size>{N}) x (?P<s_accelerator>.+)", (rf"(?P<n_memory_bytes>{Q}) of memory", rf"(?P<n_nodes>{N}) nodes?")),
    ("DistributedInitialised", r"process group ready: (?P<s_backend>[A-Z]+) [\d.]+", (rf"world size (?P<n_world_size>{N})", rf"init (?P<n_init_seconds>{T})")),
    (
        "DistributedInitialised",
        (rf"parallel layout TP (?P<n_tensor_parallel>\d+) x PP (?P<n_pipeline_parallel>\d+) x CP (?P<n_context_parallel>\d+)"
        rf" x DP (?P<n_data_parallel>\d+) = (?P<n_world_size>{N})"),
        (r"EP (?P<n_expert_parallel>\d+)", r"sharding (?P<s_sharding>[\w-]+)"),
    ),
    (
        "CollectiveTimed",
        rf"(?P<s_test>test: )?(?P<s_operation>all-reduce|reduce-scatter|all-gather) (?P<n_message_bytes>{Q}) over (?P<n_ranks>{N}) ranks in (?P<n_seconds>[\d.]+ ms)",
        (r"(?P<m_busbw_gb_per_second>\d+) GB/s bus",),
    ),
    ("ModelLoading", rf"initialising weight shards (?P<s_bar>\[.*\]) (?P<n_done>{N})/(?P<n_of>{N})", ()),
    ("ModelReady", r"model (?P<s_model>.+)", (rf"(?P<n_parameters>{N}) parameters", rf"(?P<n_active_parameters>{N}) active per token", r"(?P<s_precision>(?:BF|(?:NV|MX)?FP)\d+)")),
    (
        "ModelReady",
        r"layers (?P<n_layers>\d+)",
        (
            rf"hidden (?P<n_hidden_size>{N})", r"heads (?P<n_attention_heads>\d+)", r"KV heads (?P<n_kv_heads>\d+)", rf"FFN (?P<n_ffn_hidden_size>{N})",
            rf"vocabulary (?P<n_vocab_size>{N})", rf"context (?P<n_context_length>{N})", r"(?P<n_experts>\d+) experts, (?P<n_experts_per_token>\d+) per token",
        ),
    ),
    ("TokenizerReady", r"tokenizer (?P<s_tokenizer>.+)", (rf"vocabulary (?P<n_vocab_size>{N})", rf"loaded in (?P<n_load_seconds>{T})", r"(?P<s_kind>\D.*)")),
    ("DatasetReady", r"dataset (?P<s_dataset>.+)", (rf"(?P<n_documents>{N}) documents", rf"(?P<n_dataset_tokens>{Q}) tokens")),
    (
        "DatasetReady",
        rf"global batch (?P<n_global_batch_size>{N}) x (?P<n_sequence_length>{N}) = (?P<n_tokens_per_step>{N}) tokens",
        (rf"micro batch (?P<n_micro_batch_size>{N}) x accumulation (?P<n_accumulation>{N})", rf"(?P<n_run_tokens>{Q}) tokens in (?P<n_epochs>{N}) epochs?"),
    ),
    (
        "BatchRampReady",
        rf"batch ramp (?P<n_first_batch_size>{N}) to (?P<n_global_batch_size>{N}) by (?P<n_increment>{N})",
        (
            rf"over (?P<n_ramp_sequences>{N}) sequences = (?P<n_ramp_tokens>{Q}) tokens",
            rf"(?P<n_ramp_steps>{N}) steps?, (?P<n_extra_steps>{N}) more than with full batches",
            rf"expecting (?P<n_first_step_seconds>{T}) a step at first",
        ),
    ),
    (
        "BatchGrown",
        rf"global batch (?P<n_global_batch_size>{N}) = (?P<n_tokens_per_step>{N}) tokens",
        (rf"step (?P<n_step>{N})", rf"accumulation (?P<n_accumulation>{N})", rf"expecting (?P<n_step_seconds>{T}) a step"),
    ),
    ("OptimizerReady", r"optimizer (?P<s_optimizer>\w+)", (r"moments in (?P<s_moment_precision>\w+)", r"peak lr (?P<n_peak_learning_rate>\S+)", rf"(?P<s_schedule>[\w-]+), warm-up (?P<n_warmup_steps>{N}) steps", r"clip (?P<n_clip_grad_norm>\S+)")),
    (
        "OptimizerReady",
        r"memory",
        (
            *(rf"{word} (?P<n_{name}_bytes>[\d.]+)" for word, name in (("weights", "weight"), ("gradients", "gradient"), ("optimizer", "optimizer"), ("activations", "activation"), ("workspace", "workspace"))),
            r"= (?P<n_memory_bytes>[\d.]+) of (?P<n_memory_capacity_bytes>[\d.]+) GiB",
        ),
    ),
    ("TrainingStarted", r"training starts", (rf"(?P<n_total_steps>{N}) steps in (?P<n_epochs>{N}) epochs?", rf"expecting (?P<n_step_seconds>{T}) a step", rf"(?P<n_training_seconds>{T}) in all")),
    ("EpochStarted", rf"epoch (?P<n_epoch>{N})/(?P<n_epochs>{N}) starts", (rf"step (?P<n_step>{N})",)),
    ("StepSkipped", rf"gradient overflow, step (?P<n_step>{N}) skipped", (rf"loss scale (?P<n_loss_scale>{N}) -> (?P<n_next_loss_scale>{N})",)),
    ("ValidationStarted", rf"validation (?P<n_index>{N}) starts", (rf"step (?P<n_step>{N})", rf"(?P<n_batches>{N}) batch(?:es)?", rf"(?P<n_tokens>{Q}|{N}) tokens")),
    ("ValidationCompleted", r"validation loss (?P<n_loss>[\d.]+|nan)", (r"ppl (?P<m_perplexity>[\d,.]+|nan)", r"train loss (?P<n_train_loss>[\d.]+|nan)", rf"(?P<n_seconds>{T})")),
    (
        "ValidationJudged",
        rf"(?P<s_improved>best so far)|no best so far|best (?P<n_best_loss>[\d.]+) at step (?P<n_best_step>{N})",
        (r"patience (?P<n_validations_without_improvement>\d+)/(?P<n_patience>\d+)",),
    ),
    ("CheckpointStarted", r"saving checkpoint to (?P<s_path>\S+)", (rf"(?P<n_checkpoint_bytes>{Q}) in (?P<n_files>{N}) files?",)),
    ("CheckpointProgressed", r"(?P<s_bar>\[.{20}\]) +(?P<n_share>\d+%)", (rf"(?P<n_written_bytes>{Q}) of (?P<n_checkpoint_bytes>{Q})",)),
    ("CheckpointCompleted", rf"checkpoint of step (?P<n_step>{N}) saved", (rf"(?P<n_checkpoint_bytes>{Q})", rf"(?P<n_seconds>{T}), (?P<n_gb_per_second>[\d,.]+) GB/s")),
    ("EpochCompleted", rf"epoch (?P<n_epoch>{N})/(?P<n_epochs>{N}) done", (rf"mean loss (?P<n_mean_loss>[\d.]+|nan) over (?P<n_mean_steps>{N}) steps?", rf"took (?P<n_seconds>{T})")),
    ("TrainingInterrupted", r"training interrupted", (rf"last step (?P<n_step>{N})",)),
    (
        "TrainingResumed",
        r"resuming from (?P<s_checkpoint>\S+)|no checkpoint, beginning anew",
        (rf"step (?P<n_step>{N}) of (?P<n_total_steps>{N})", rf"(?P<n_skipped_batches>{N}) batches skipped"),
    ),
    ("NodeDrained", r"node (?P<n_node>\d+) drained", (r"(?P<s_host>[a-z][\w.-]+)",)),
    (
        "NodeReplaced",
        r"node (?P<n_node>\d+) replaced",
        (r"(?P<s_host>[a-z][\w.-]+) -> (?P<s_replacement>[a-z][\w.-]+)", rf"waited (?P<n_waited_seconds>{T})"),
    ),
    (
        "NodeReplaced",
        r"node (?P<n_node>\d+) repaired",
        (r"(?P<s_host>[a-z][\w.-]+)", rf"waited (?P<n_waited_seconds>{T})"),
    ),
    (
        "Recovered",
        rf"recovered, (?P<n_lost_seconds>{T}) lost",
        (
            rf"noticing (?P<n_noticing_seconds>{T})", rf"repairing (?P<n_repairing_seconds>{T})",
            rf"restarting (?P<n_restarting_seconds>{T})", rf"(?P<n_steps_to_redo>{N}) steps? to redo",
        ),
    ),
    ("TrainingCompleted", r"training done", (rf"(?P<n_step>{N}) steps", rf"took (?P<n_seconds>{T})")),
    (
        "TimeAccounted",
        r"goodput (?P<n_goodput>[\d.]+%)",
        (
            rf"(?P<n_productive_seconds>{T}) productive of (?P<n_wall_seconds>{T})",
            rf"(?P<n_interruptions>{N}) interruptions?, one in (?P<n_between_failures_seconds>{T})",
            r"available (?P<n_availability>[\d.]+%)", rf"(?P<n_steps_redone>{N}) steps? redone",
        ),
    ),
    (
        "TimeLost",
        rf"lost (?P<n_lost_seconds>{T})",
        tuple(rf"{part} (?P<n_{part}_seconds>{T})" for part in ("starting", "noticing", "repairing", "restarting", "redoing")),
    ),
    ("TimeLostTo", rf"lost to [a-z][\w-]* (?P<l_costs>{T})", (rf"[a-z][\w-]* (?P<l_costs>{T})", rf"{N} others? (?P<l_costs>{T})")),
    ("ExportStarted", r"exporting to (?P<s_path>\S+)", (rf"(?P<n_export_bytes>{Q}) of weights", rf"(?P<n_files>{N}) files?")),
    ("ExportStageCompleted", r"(?P<s_bar>\[=+\]) (?P<s_stage>merged|converted to \w+)", (rf"(?P<n_items>{N}) (?P<s_unit>files|parameters)", rf"(?P<n_seconds>{T})")),
    ("ExportFileWritten", rf"(?P<s_bar>\[.{{20}}\]) (?P<n_done>{N})/(?P<n_of>{N}) (?P<s_file>\S+)", (rf"(?P<n_file_bytes>{Q})",)),
    ("ExportCompleted", r"export done", (rf"(?P<n_export_bytes>{Q}) in (?P<n_files>{N}) files?", rf"took (?P<n_seconds>{T})")),
)  # fmt: skip
