"""Films, their directors and what they are about."""

from django.db import models

import scrypath


class Director(models.Model):
    name = models.CharField(max_length=50)


@scrypath.schema(fields=["id", "title", "director_id"], sortable=["title"])
class Film(models.Model):
    title = models.CharField(max_length=50)
    notes = models.TextField(default="")
    director = models.ForeignKey(Director, models.CASCADE, null=True)
    tags = models.ManyToManyField("Tag")

    @property
    def director_name(self) -> str:
        return str(self.director.name)


class Tag(models.Model):
    name = models.CharField(max_length=50)


@scrypath.schema(fields=["slug", "name"], document_id="slug")
class Genre(models.Model):
    slug = models.SlugField(primary_key=True)
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "films"
