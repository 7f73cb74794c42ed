"""Where a template engine renders a whole template for the site."""

from importlib.util import find_spec

from queryaudit.hooks.patches import Patch

_BACKENDS = "django.template.backends"

# Run once for each template that a view or a service renders; what it includes or extends
# is rendered within. Jinja's backend cannot be imported without its package.
render = tuple(
    Patch(f"{_BACKENDS}.{backend}:Template.render", ("self", "context", "request"))
    for backend, package in (("django", "django"), ("jinja2", "jinja2"))
    if find_spec(package)
)
