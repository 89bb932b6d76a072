"""`python -m pysim`."""

from pysim.edge.cli import main

raise SystemExit(main())
