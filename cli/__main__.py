"""`python -m cli` is `docwatch`."""

from cli.main import main

main()
