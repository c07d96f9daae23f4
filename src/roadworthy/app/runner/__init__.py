"""The runner: takes jobs from a platform, does them in a clean checkout, and hands in what came of them.

It holds no right to move a ref or to state a fact: it writes objects to the bucket, and the server takes it from there.
"""
