"""One installation on this machine: its servers, programs, ports, secrets and the provisioning step."""
