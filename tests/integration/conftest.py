"""What several rooms of the integration tests begin with."""

from approving import begun, reviewed

__all__ = ["begun", "reviewed"]
