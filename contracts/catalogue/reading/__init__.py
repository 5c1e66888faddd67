"""YAML as a tree with lines, its sections taken together, and every problem found on the way."""
