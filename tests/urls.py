"""URLs of the tests: the demo's. Modules with pages of their own use ``pytest.mark.urls``."""

from config.urls import urlpatterns

__all__ = ["urlpatterns"]
