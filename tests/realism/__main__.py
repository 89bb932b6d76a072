"""How close the simulator comes to what was published. Run with `make realism`; exit code 1 if a target is missed.

`make realism ARGS=losses` prints one section. `ARGS=--fit` fits the constants anew to the rows that may be fitted, and prints
them beside those in the code.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping

from realism import fitting, incidents, judge, losses, random_runs, record, statistics_of_runs, verdicts
from realism.section import MakeSection

SECTIONS: Mapping[str, MakeSection] = {
    "published": record.section,
    "losses": losses.section,
    "statistics": statistics_of_runs.section,
    "judge": judge.section,
    "incidents": incidents.section,
    "verdicts": verdicts.section,
    "plans": random_runs.section,
    "failing": random_runs.failing_section,
}


def main() -> int:
    """Print every section that is asked for, and the verdict of each."""
    parser = argparse.ArgumentParser(prog="realism")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all if left out")
    parser.add_argument("--fit", action="store_true", help="fit the constants anew and print them")
    asked = parser.parse_args()
    unknown = set(asked.sections) - SECTIONS.keys()
    if unknown:
        parser.error(f"no section called {', '.join(unknown)}")
    if asked.fit:
        sys.stdout.writelines(f"{line}\n" for line in fitting.report())
        return 0
    return 0 if report(asked.sections or SECTIONS) else 1


def report(names: Iterable[str]) -> bool:
    """Print these sections; whether all of them passed."""
    passed = True
    for name in names:
        section = SECTIONS[name]()
        verdict = "-> ok" if section.passed else "-> MISSED"
        sys.stdout.writelines(f"{line}\n" for line in (f"== {section.title}", *section.lines, verdict, ""))
        passed &= section.passed
    return passed


if __name__ == "__main__":
    sys.exit(main())
