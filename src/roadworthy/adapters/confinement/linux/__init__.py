"""Confinement by what a Linux kernel gives to everybody: Landlock for what is written, seccomp for what is opened."""
