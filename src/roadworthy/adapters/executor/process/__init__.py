"""Stages as processes of this machine, and the watchdog that ends them when we are killed."""
