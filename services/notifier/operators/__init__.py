"""What operators do about accounts of messengers."""
