"""Makes the tables of the queue."""

from django.db import migrations

from scrypath.django.operations import InstallQueue


class Migration(migrations.Migration):  # type: ignore[misc]
    """The tables of jobs, of lanes, of fences and of dead letters."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [InstallQueue()]
