"""Those who host the repositories."""
