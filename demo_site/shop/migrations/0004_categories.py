from django.db import migrations

from queryaudit.masterdata.migrations import LoadMasterData


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0003_category_names"),
    ]

    operations = [LoadMasterData.beside(__file__)]
