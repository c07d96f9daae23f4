"""Predictions over HTTP: the gateway, the guard, the protocol and the switch."""
