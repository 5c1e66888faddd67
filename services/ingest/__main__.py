"""`python -m services.ingest`."""

from services.ingest.app import main

raise SystemExit(main())
