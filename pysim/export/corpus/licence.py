"""Under which licence a corpus is: what a simulator makes of a specification is nobody's work."""

SPDX = "CC0-1.0"
LICENCE_URL = "https://creativecommons.org/publicdomain/zero/1.0/"
LICENCE_TEXT = f"""\
CC0 1.0 Universal ({SPDX})

To the extent possible under law, whoever made this corpus has waived all copyright and related or neighbouring rights to it. Nothing in it
was recorded: hosts, people, organisations and their names are made up, or are those of published models and programs, which the logs imitate.

The legal code: {LICENCE_URL}legalcode
"""
