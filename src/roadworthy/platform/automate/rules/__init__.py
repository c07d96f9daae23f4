"""The rules of branches: from the profile and a moved ref to what is done, and why. Nothing here reads or writes."""
