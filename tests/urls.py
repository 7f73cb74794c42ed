"""URLs of the tests; each test module brings its own with ``pytest.mark.urls``."""

urlpatterns: list[object] = []
