"""An independent reader of what a run prints: it parses the console's text, or the JSON lines, and recomputes every tie.

It knows nothing of how pysim computes or writes; what it knows is what a sceptic in front of the screen knows: arithmetic,
data sheets, and the rules of realism that real logs obey. A printed number stands for the interval of all numbers that
print like it, so a tie either can hold or cannot; there are no tolerances to tune except where the world itself has some.

    auditor = Auditor()
    auditor.read("console", lines)     # or "events"; several pieces of one run with cut() between them
    auditor.finish()
    assert auditor.findings == []

`readers/` turns what was printed into records, one reader for each view; `rules/` holds what must be true of a record, one
module an act; `ledger` is what is known so far; `many_steps` and `schedule` judge the run as a whole; `live` reads the bars.
What interrupts a run and sends its steps back says so with `resume()`, from a rule or from a test.
"""

from auditor.audit import Auditor
from auditor.live import audit_live

__all__ = ["Auditor", "audit_live"]
