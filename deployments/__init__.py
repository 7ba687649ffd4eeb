"""How it runs unattended."""
