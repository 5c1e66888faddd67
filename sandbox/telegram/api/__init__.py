"""The Bot API over HTTP: its methods, parameters, markup, refusals and the webhook."""
