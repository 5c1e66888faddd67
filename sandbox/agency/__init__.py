"""The sample agency: its catalogue, its generated month and what must come of it."""

from pathlib import Path
from typing import Final

CATALOGUE: Final = Path(__file__).parent / "catalogue"
"""The directory of the sample agency's catalogue."""
