defmodule Scrypath.DocTest do
  use ExUnit.Case, async: true

  doctest Scrypath
  doctest Scrypath.Config
  doctest Scrypath.Identity
  doctest Scrypath.Meilisearch
  doctest Scrypath.Projection
end
