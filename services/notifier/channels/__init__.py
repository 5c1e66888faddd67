"""The messengers: what each looks like to the notifier, and one package for each."""
