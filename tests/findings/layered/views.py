"""A layer that ought not to ask, for test_layering."""

from tests.music.models import Label


def count() -> int:
    """Ask all the same."""
    return Label.objects.count()
