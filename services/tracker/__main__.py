"""`python -m services.tracker` runs the tracker."""

from services.tracker.app import main

raise SystemExit(main())
