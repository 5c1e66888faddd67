"""The agency's own answers to what people ask: their form, their checks, files of them."""
