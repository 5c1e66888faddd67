"""What cannot be looked at on this machine."""

from importlib.util import find_spec

# Helm's library has no wheel for macOS on Intel.
collect_ignore_glob = [] if find_spec("helm_python") else ["test_chart_*.py"]
