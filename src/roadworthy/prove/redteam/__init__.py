"""The red team: a search for where a model is weak, that stays silent about a model that is not."""
