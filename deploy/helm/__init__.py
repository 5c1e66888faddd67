"""The Helm chart: what of it the code says, and how it is looked at without a cluster."""
