"""How large a plan may be, so that every one of them opens at once. Imports nothing, since options are read by it.

What grows with a run are the times of its blocks of steps, its validations, its failures, and a sample of its accelerators; each
limit keeps its part below a hundred megabytes, and that of the failures, which are gone through in order, to a second.
"""

LARGEST_WORLD = 2**19  # accelerators; several times the largest cluster that is known
MOST_TOKENS = 10**18
LONGEST_SEQUENCE = 2**24  # tokens
MOST_EPOCHS = 10**6
FEWEST_STEPS, MOST_STEPS = 10, 10**9
MOST_INCREMENTS = 512  # of a batch that grows, each with a step time of its own
MOST_VALIDATIONS = 10**6
MOST_FAILURES = 20_000  # that are expected: a year of 131,072 accelerators
YEAR_SECONDS = 365.25 * 86_400
LONGEST_YEARS = 50
LONGEST_SECONDS = LONGEST_YEARS * YEAR_SECONDS
LONGEST_STEPS_SECONDS = 0.7 * LONGEST_SECONDS  # of the steps alone, where they are free: the rest goes with validations
