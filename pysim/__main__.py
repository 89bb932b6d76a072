"""`python -m pysim`."""

from pysim.cli import main

raise SystemExit(main())
