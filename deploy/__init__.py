"""What an installation runs with: images, dashboards, alerts, units."""
