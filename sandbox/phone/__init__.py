"""The sandbox for people and tests: the phone's page with its API and events, and the API of the script."""
