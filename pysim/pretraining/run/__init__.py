"""The truth of one run: what happened when, for any moment, without replaying history."""
