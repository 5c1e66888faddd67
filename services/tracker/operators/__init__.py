"""What operators do: dead letters, holds, withdrawals, a rebuild, and publishers that fell silent."""
