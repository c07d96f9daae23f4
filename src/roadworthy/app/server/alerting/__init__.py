"""Alerts at work: asked for where something happens, sent by threads of their own, shown to people."""
