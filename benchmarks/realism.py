"""How close the simulator comes to what was published. Run with `make realism`; exit code 1 if a target is missed.

`--fit` fits the constants anew to the rows that may be fitted, and prints them beside those in the code.
"""

import argparse
import sys

import audit
import fitting
import realism_loss
import realism_statistics
import record
from section import MakeSection

SECTIONS: tuple[MakeSection, ...] = (
    record.section,
    realism_loss.section,
    realism_statistics.section,
    audit.section,
)


def main() -> int:
    """Print every section and the verdict of each."""
    parser = argparse.ArgumentParser(prog="realism")
    parser.add_argument("--fit", action="store_true", help="fit the constants anew and print them")
    if parser.parse_args().fit:
        print("\n".join(fitting.report()))
        return 0
    passed = True
    for make_section in SECTIONS:
        section = make_section()
        print(f"== {section.title}", *section.lines, "-> ok" if section.passed else "-> MISSED", "", sep="\n")
        passed &= section.passed
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
