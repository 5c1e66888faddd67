"""The tracker's rules without input or output: the fold, batches, the brake, dates, withdrawals."""
