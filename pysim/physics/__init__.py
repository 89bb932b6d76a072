"""Closed-form laws of training at scale: pure functions of numbers, each with its source."""
