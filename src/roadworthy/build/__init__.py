"""From a commit to a run."""
