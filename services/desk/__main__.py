"""`python -m services.desk` runs the desk."""

from services.desk.app import main

raise SystemExit(main())
