"""A step of a run, kernel by kernel, from the laws that its duration is made of. May be touched: the run, physics and the story."""
