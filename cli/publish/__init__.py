"""Publishing files: exports read row by row, sent in batches, and a drop folder that is watched."""
