"""The queue's tables as a Django application: its migration makes them.

Add it to ``INSTALLED_APPS`` and run ``migrate``::

    INSTALLED_APPS = [..., "scrypath.django"]

The tables are made in each database that is migrated, unless a router's ``allow_migrate`` says otherwise for
the app ``scrypath``. A table of jobs that an Oban made is left as it is. ``migrate scrypath zero`` drops what
workers keep beside the jobs, and leaves the jobs.
"""
