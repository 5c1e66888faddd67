"""What every route shares: problems, the shapes of errors, reading of bodies, ids in paths."""
