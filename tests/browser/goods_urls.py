"""The shop's addresses, which the toolbar asks for, and the admin's."""

from config import urls

from tests.composite import urls as composite

urlpatterns = [*composite.urlpatterns, *urls.urlpatterns]
