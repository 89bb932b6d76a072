"""What a sceptic brings along: data sheets of accelerators, and the rules of thumb that real logs obey."""

from auditor.interval import Interval

DENSE_TFLOPS = {  # data sheets, dense 16-bit peak
    "Tesla V100-SXM2-32GB": 125, "NVIDIA A100-SXM4-40GB": 312, "NVIDIA A100-SXM4-80GB": 312, "NVIDIA A800-SXM4-80GB": 312,
    "NVIDIA H100 PCIe": 756, "NVIDIA H100 80GB HBM3": 989, "NVIDIA H800": 989, "NVIDIA H200": 989, "NVIDIA B200": 2250,
    "NVIDIA GB200": 2500, "NVIDIA B300 SXM6 AC": 2250, "NVIDIA GB300": 2500, "NVIDIA L40S": 362, "NVIDIA GeForce RTX 4090": 165.2,
    "NVIDIA GeForce RTX 3090": 71, "AMD Instinct MI250X": 383, "AMD Instinct MI300X": 1307, "AMD Instinct MI325X": 1307,
    "AMD Instinct MI355X": 2517, "TPU v4": 275, "TPU v5e": 197, "TPU v5p": 459, "TPU v6e": 918, "TPU7x (Ironwood)": 2307, "Intel Gaudi 2 HL-225": 432,
    "Intel Gaudi 3 HL-325L": 1835, "AWS Trainium2": 667, "AWS Trainium3": 671,
    "Solanum Potato Mk II 4GB": 0.08, "Quantum Toaster QT-4 128GB": 640, "BananaChip X1 512GB (peel before use)": 3000,
}  # fmt: skip
FP8TFLOPS: dict[str, float] = {
    "NVIDIA H100 PCIe": 1513, "NVIDIA H100 80GB HBM3": 1979, "NVIDIA H800": 1979, "NVIDIA H200": 1979, "NVIDIA B200": 4500,
    "NVIDIA GB200": 5000, "NVIDIA B300 SXM6 AC": 4500, "NVIDIA GB300": 5000, "NVIDIA L40S": 733, "NVIDIA GeForce RTX 4090": 330.3,
    "AMD Instinct MI300X": 2614, "AMD Instinct MI325X": 2614, "AMD Instinct MI355X": 5033, "Intel Gaudi 2 HL-225": 865,
    "Intel Gaudi 3 HL-325L": 1835, "AWS Trainium2": 1299, "TPU7x (Ironwood)": 4614, "AWS Trainium3": 2517,
    "Quantum Toaster QT-4 128GB": 1280, "BananaChip X1 512GB (peel before use)": 6000,
}  # fmt: skip
FP32TFLOPS: dict[str, float] = {  # TF32 where the tensor cores have it
    "Tesla V100-SXM2-32GB": 15.7, "NVIDIA A100-SXM4-40GB": 156, "NVIDIA A100-SXM4-80GB": 156, "NVIDIA A800-SXM4-80GB": 156,
    "NVIDIA H100 PCIe": 378, "NVIDIA H100 80GB HBM3": 494, "NVIDIA H800": 494, "NVIDIA H200": 494, "NVIDIA B200": 1125,
    "NVIDIA GB200": 1250, "NVIDIA B300 SXM6 AC": 1125, "NVIDIA GB300": 1250, "NVIDIA L40S": 183, "NVIDIA GeForce RTX 4090": 82.6,
    "NVIDIA GeForce RTX 3090": 35.6, "AMD Instinct MI250X": 95.7, "AMD Instinct MI300X": 163.4, "AMD Instinct MI325X": 163.4,
    "AMD Instinct MI355X": 157.3, "AWS Trainium2": 181, "AWS Trainium3": 183,
    "Solanum Potato Mk II 4GB": 0.04, "Quantum Toaster QT-4 128GB": 320, "BananaChip X1 512GB (peel before use)": 1500,
}  # fmt: skip
MXFP4TFLOPS: dict[str, float] = {  # NVFP4 has the same peak where there is any
    "NVIDIA B200": 9000, "NVIDIA GB200": 10_000, "NVIDIA B300 SXM6 AC": 13_500, "NVIDIA GB300": 15_000, "AMD Instinct MI355X": 10_066,
}  # fmt: skip
PEAKS: dict[str, dict[str, float]] = {"FP8": FP8TFLOPS, "FP32": FP32TFLOPS, "NVFP4": MXFP4TFLOPS, "MXFP4": MXFP4TFLOPS}
ATTENTION_WIDTH = {  # where heads times head size is not the hidden size; of latent attention, the mean of keys and values
    "Gemma 7B": 16 * 256, "Mistral NeMo 12B": 32 * 128, "Qwen3 0.6B": 16 * 128, "Qwen3 30B-A3B": 32 * 128,
    "Qwen3 235B-A22B": 64 * 128, "DeepSeek-V2-Lite 16B": 16 * (192 + 128) // 2, "DeepSeek-V2 236B": 128 * (192 + 128) // 2,
    "DeepSeek-V3 671B": 128 * (192 + 128) // 2, "Kimi K2 1T": 64 * (192 + 128) // 2,
    "Qwen3 4B": 32 * 128, "Qwen3 32B": 64 * 128, "DeepSeek-V3.1 671B": 128 * (192 + 128) // 2, "GPT-OSS 20B": 64 * 64,
    "GPT-OSS 120B": 64 * 64, "GLM-4.5 355B": 96 * 128, "GLM-4.5-Air 106B": 96 * 128, "GLM-4.6 355B": 96 * 128,
    "Gemma 3 270M": 4 * 256, "Gemma 3 1B": 4 * 256, "Gemma 3 4B": 8 * 256, "Gemma 3 12B": 16 * 256, "Gemma 3 27B": 32 * 128,
    "Mistral Small 3 24B": 32 * 128, "Mistral Large 3 675B": 128 * (192 + 128) // 2, "MiniMax-M2 230B": 48 * 128,
}  # fmt: skip
WINDOWS = {  # layers that see so many tokens only, and how many
    "GPT-OSS 20B": (12, 128), "GPT-OSS 120B": (18, 128), "OLMo 3 7B": (24, 4096), "OLMo 3 32B": (48, 4096),
    "Gemma 3 270M": (15, 512), "Gemma 3 1B": (22, 512), "Gemma 3 4B": (29, 1024), "Gemma 3 12B": (40, 1024), "Gemma 3 27B": (52, 1024),
}  # fmt: skip
BLOCKS = {"Llama 4 Scout 109B": (36, 8192), "Llama 4 Maverick 400B": (36, 8192)}  # layers that see their own block only
BOOST_MHZ = {
    "NVIDIA A100-SXM4-80GB": 1410, "NVIDIA H100 80GB HBM3": 1980, "NVIDIA H800": 1980, "AMD Instinct MI300X": 2100, "NVIDIA B200": 1965,
}  # fmt: skip
THROTTLE_CELSIUS = 87
CHECKPOINT_BYTES = {"FP32": 12, "FP16": 14, "BF16": 14, "FP8": 14, "NVFP4": 14, "MXFP4": 14}
SMALLER_MOMENTS = {"bf16": 4, "fp8": 6}  # bytes that a parameter has less of where both moments are kept so
SMALLEST_NOISE, LARGEST_NOISE = 24.0, 50.0  # nats times the root of the tokens, from logs of 124M to 405B
READ_IN_ORDER = {"FineWeb-Edu": 0.45}  # largest lag-1 autocorrelation that logs have
ENOUGH_STEPS = 800  # for statistics
LEAST_SKEW = -0.1  # of the step time: some clusters are as uneven to either side; a standard error of a symmetric one
SETTLED_STEP = 1500  # the loss curve is straight enough to be detrended from here
LARGEST_EXPONENT = 20  # of a perplexity that trainers print
WHOLE_PERPLEXITY = 9999.995  # from here on without decimals
BURST_STEPS = 14.0  # steps that a burst can cost: a third of 32 take 2.4 times as long
MEDIAN_SHARE = 0.965  # of the mean step: tails and bursts, and first steps that are up to 2.5 % shorter
LEVEL_SHIFT = Interval(1.05, 1.06)  # how much longer steps take for hours, while a node is slow
SHARD_TOKENS = {"FineWeb 10B sample": 100_000_000}  # corpora that are read file by file
FEWEST_STEPS_PER_SHARD = 20  # else it is read ahead
SHARD_SECONDS = Interval(0.2, 0.3)  # to read one
FIRST_STEP_SECONDS = 330  # that a start may take longer
