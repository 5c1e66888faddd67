"""E-mail as a channel: letters handed over by SMTP, and what comes back as not deliverable."""
