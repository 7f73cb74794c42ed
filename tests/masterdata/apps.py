from django.apps import AppConfig


class MasterDataTests(AppConfig):
    name = "tests.masterdata"
    label = "masterdata_tests"
