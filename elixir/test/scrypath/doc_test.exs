defmodule Scrypath.DocTest do
  use ExUnit.Case, async: true

  doctest Scrypath
  doctest Scrypath.Composition
  doctest Scrypath.Config
  doctest Scrypath.Explanation
  doctest Scrypath.Facets.Disjunctive
  doctest Scrypath.Identity
  doctest Scrypath.Meilisearch
  doctest Scrypath.Metadata
  doctest Scrypath.MultiSearchResult
  doctest Scrypath.Phoenix
  doctest Scrypath.Projection
  doctest Scrypath.Queue.Migration
  doctest Scrypath.QueryParams
  doctest Scrypath.SearchResult
  doctest Scrypath.Suggestion
end
