"""A module that fails when it is imported, as a site's may."""

function = no_such_name  # type: ignore[name-defined]  # noqa: F821
