"""One list of verdicts on a change: what passed, what failed, what somebody accepted, what was not run and why."""
