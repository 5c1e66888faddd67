"""The desk: what people ask, what they are answered, and, where nothing else helps, by whom."""
