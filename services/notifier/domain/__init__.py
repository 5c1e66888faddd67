"""The notifier's rules without input or output: ends, actions, quiet hours, rates, the circuit breaker."""
