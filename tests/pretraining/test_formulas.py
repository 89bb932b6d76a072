"""Whoever works out a printed formula with a pocket calculator gets the number that is printed beside it."""

from thorough import THOROUGH

RANDOM_PLANS = 400 if THOROUGH else 40
