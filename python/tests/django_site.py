"""Django, set up once for all tests that use it: import this before a model."""

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["films", "scrypath.django"],
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "file:films?mode=memory&cache=shared"}
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()
