"""Commands of operators: keys, callbacks, dead letters, holding, withdrawing, rebuilding, restoring."""
