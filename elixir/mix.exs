Code.require_file("mix/native_library.ex", __DIR__)
Code.require_file("mix/fetched_packages.ex", __DIR__)

defmodule Scrypath.MixProject do
  use Mix.Project

  @version "0.1.0"
  @source_url "https://github.com/scrypath/scrypath"
  @tested [postgrex: "~> 0.17", ecto_sqlite3: "~> 0.17"]

  def project do
    [
      app: :scrypath,
      version: @version,
      elixir: "~> 1.14",
      elixirc_paths: elixirc_paths(Mix.env()),
      compilers: [:scrypath_native | Mix.compilers()],
      start_permanent: Mix.env() == :prod,
      consolidate_protocols: Mix.env() != :test,
      deps: deps(),
      # Debian's drivers, which tests and demo use; later Elixirs hide what is no dependency.
      xref: [exclude: [:sqlite3]],
      prune_code_paths: false,
      aliases: [vectors: "test --only vectors test/vectors_test.exs"],
      preferred_cli_env: [vectors: :test],
      name: "Scrypath",
      description: "Search for the records of an application: declare, sync, search, hydrate.",
      source_url: @source_url,
      package: package(),
      docs: docs()
    ]
  end

  # No supervision tree: the native library keeps its own threads.
  def application, do: [extra_applications: [:logger | tested_with(Mix.env())]]

  defp tested_with(:test), do: [:crypto, :inets]
  defp tested_with(_env), do: []

  defp elixirc_paths(:test), do: ["lib", "test/support"]
  defp elixirc_paths(_env), do: ["lib"]

  # Every library of the ecosystem is optional, and found when present (`Scrypath.Optional`).
  defp deps do
    # Later ones need Elixir 1.15, and Hex does not ask.
    is_newer = Version.match?(System.version(), ">= 1.15.0")
    oban = if is_newer, do: "~> 2.18", else: "~> 2.18.0"
    # Jason is what Ecto writes JSON with unless told otherwise; Oban brings it up to 2.18.
    optional = [
      ecto: "~> 3.10",
      ecto_sql: "~> 3.10",
      telemetry: "~> 0.4 or ~> 1.0",
      oban: oban,
      jason: "~> 1.0"
    ]

    cond do
      System.get_env("SCRYPATH_DEPS") == "none" ->
        []

      Code.ensure_loaded?(Hex) ->
        docs = {:ex_doc, "~> 0.34", only: :dev, runtime: false}

        tested =
          for {app, wanted} <- @tested, is_newer or app != :ecto_sqlite3, do: {app, wanted, only: :test}

        [docs | tested] ++ Enum.map(optional, fn {app, wanted} -> {app, wanted, optional: true} end)

      true ->
        Scrypath.FetchedPackages.deps(optional, @tested)
    end
  end

  defp package do
    [
      licenses: ["MIT", "Apache-2.0"],
      links: %{"GitHub" => @source_url},
      files: ~w(lib mix mix.exs README.md .formatter.exs priv/native)
    ]
  end

  defp docs do
    [
      main: "readme",
      extras: ["README.md"],
      groups_for_modules: [
        Searching: [
          Scrypath.Query,
          Scrypath.SearchResult,
          Scrypath.SearchResult.Facets,
          Scrypath.SearchResult.Facets.Bucket,
          Scrypath.FacetSearchResult,
          Scrypath.Facets.Disjunctive,
          Scrypath.MultiSearchResult,
          Scrypath.MultiSearchResult.Federation,
          Scrypath.Suggestion,
          Scrypath.Explanation
        ],
        "Before a search": [
          Scrypath.Composition,
          Scrypath.Metadata,
          Scrypath.Phoenix,
          Scrypath.QueryParams,
          Scrypath.QueryParams.Error
        ],
        "The queue": [
          Scrypath.Oban,
          Scrypath.Oban.DeleteWorker,
          Scrypath.Oban.UpsertWorker,
          Scrypath.Queue.Migration,
          Scrypath.Sync.RelatedWorker,
          Scrypath.Worker
        ],
        Documents: [Scrypath.Document, Scrypath.Projection, Scrypath.Identity, Scrypath.Bytes],
        Adapters: [Scrypath.Repo, Scrypath.Meilisearch],
        Errors: [Scrypath.Search.Error, Scrypath.TransportError, Scrypath.NativeError]
      ]
    ]
  end
end
