"""Dashboards as code: `boards` says what they show, `generate` writes what Grafana reads."""
