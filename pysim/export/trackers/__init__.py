"""What trainers log to the programs that track experiments: TensorBoard, MLflow, W&B, and Hugging Face's own state.

`logs` has what a framework logs, when, and under which names; each of the others writes that down as one tracker keeps it. The names are
those of the dialects' versions, and so are the numbers. May be touched: the story, views; a tracker's library in its own module only;
files in the folder that it is given.
"""
