from django.apps import AppConfig


class Seeds(AppConfig):
    name = "tests.masterdata.loading"
    label = "seeds"
