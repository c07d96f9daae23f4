"""How a browser names itself, in the words of whoever uses it."""

from __future__ import annotations

_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser(agent: str) -> str:
    """Return e.g. `Firefox on Linux`; what is not known is shown as it came.

    Nothing rests on it: whoever asks can name themselves anything.
    """
    name = next((name for part, name in _BROWSERS if part in agent.replace("HeadlessChrome", "Chrome")), None)
    system = next((name for part, name in _SYSTEMS if part in agent), None)
    return agent or "unknown" if name is None else name if system is None else f"{name} on {system}"
