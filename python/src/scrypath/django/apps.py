"""The application, as Django finds it."""

from django.apps import AppConfig


class ScrypathConfig(AppConfig):  # type: ignore[misc]
    """Scrypath's queue."""

    name = "scrypath.django"
    label = "scrypath"
    verbose_name = "Scrypath"
