"""What Landlock is told to allow, from the places that a stage may write."""

from __future__ import annotations

from roadworthy.adapters.confinement.linux.landlock import granted


def test_open_places_are_granted_once() -> None:
    """A place inside one that is granted needs no rule of its own; names that only begin alike are different places."""
    places = {"/p": True, "/p/.roadworthy/work/scratch/a": True, "/p2": True, "/dev": True}

    assert granted(places) == ("/p", "/p2", "/dev")


def test_a_closed_place_opens_nothing() -> None:
    """Closed places are not granted; an open one inside a closed one is, by itself."""
    assert granted({"/p": False, "/p/scratch": True}) == ("/p/scratch",)
    assert granted({"/p": False}) == ()


def test_the_root_covers_all() -> None:
    """Where everything is open, one rule says so."""
    assert granted({"/": True, "/p": True}) == ("/",)
