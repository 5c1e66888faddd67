"""`python -m services.ingest [--workers N]`."""

import sys

from services.ingest.app import main

raise SystemExit(main(sys.argv[1:]))
