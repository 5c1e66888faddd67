"""The editor's page: what was missed, answers in all languages, what a change would do, who releases it."""
