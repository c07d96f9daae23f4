"""The platform's face in a browser and over HTTP: thin. A route declares its permission, parses, calls, and shows."""
