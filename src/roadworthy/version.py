"""The version of this package: a constant, so that `--version` reads no metadata."""

VERSION = "0.1.0.dev0"
