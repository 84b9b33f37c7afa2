defmodule Scrypath.DocTest do
  use ExUnit.Case, async: true

  doctest Scrypath
  doctest Scrypath.Composition
  doctest Scrypath.Config
  doctest Scrypath.Identity
  doctest Scrypath.Meilisearch
  doctest Scrypath.Metadata
  doctest Scrypath.Phoenix
  doctest Scrypath.Projection
  doctest Scrypath.QueryParams
end
