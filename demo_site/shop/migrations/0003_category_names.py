from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0002_movements"),
    ]

    operations = [
        # Shops that are filled already get their codes with the next migration.
        migrations.AddField(
            model_name="category",
            name="code",
            field=models.SlugField(null=True, unique=True),
        ),
        migrations.AddField(
            model_name="category",
            name="name_de",
            field=models.CharField(blank=True, default="", max_length=50),
        ),
        migrations.AddField(
            model_name="category",
            name="name_ja",
            field=models.CharField(blank=True, default="", max_length=50),
        ),
    ]
