"""What NVIDIA's restart agent makes of three hundred incidents, against what the causes' rows say beforehand."""

from collections import Counter

import restart_agent
from verdicts import EXPECTED, incident

from realism.section import Section

INCIDENTS, SHARE = 300, 0.95
_WIDTH = 20


def section() -> Section:
    """The table, cause by cause: expected, found, how often as expected."""
    title = f"verdicts of NVIDIA's restart agent over {INCIDENTS} incidents, {SHARE:.0%} as expected"
    if not restart_agent.is_there():
        return Section(title, ("it is not there: make restart-agent",), passed=True)
    found: dict[str, Counter[str]] = {cause: Counter() for cause in EXPECTED}
    right: Counter[str] = Counter()
    for number in range(INCIDENTS):
        told = incident(number)
        verdict = restart_agent.judge(told.log)
        found[told.cause][verdict.failure_class or "none"] += 1
        right[told.cause] += told.matches(verdict)
    lines = [_line(cause, found[cause], right[cause]) for cause in EXPECTED]
    share = right.total() / INCIDENTS
    return Section(title, (*lines, f"{right.total()} of {INCIDENTS}, {share:.1%}"), passed=share >= SHARE)


def _line(cause: str, found: Counter[str], right: int) -> str:
    expected = EXPECTED[cause]
    named = ", ".join(f"{name} {count}" for name, count in found.most_common())
    wanted = f"{expected.failure_class or 'none'}, {expected.who}"
    return f"{cause:{_WIDTH}} {wanted:48} {right:2}/{found.total():<2} {named}"
