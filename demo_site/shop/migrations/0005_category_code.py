from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0004_categories"),
    ]

    operations = [
        migrations.AlterField(
            model_name="category",
            name="code",
            field=models.SlugField(unique=True),
        ),
    ]
