defmodule Scrypath.Config do
  @moduledoc """
  With which options does a call run?

  Three layers, weakest first; a later one wins per key:

    1. library defaults: `config :scrypath, :defaults, [...]`
    2. defaults of the repo, where the call names one: `config :my_app, MyApp.Repo, scrypath: [...]`
    3. the options of the call

  The application of the second layer is the call's `:otp_app`, else the one that owns the repo.
  """

  alias Scrypath.Core

  # Options that mean something to this language only.
  @host_defaults [
    fan_out: nil,
    federation_timeout: 7500,
    meilisearch_api_key: nil,
    meilisearch_client: nil,
    oban: Oban,
    otp_app: nil,
    preload: [],
    repo: nil,
    req_options: []
  ]

  @doc """
  Resolves runtime options, all three layers merged, checked, and with defaults filled in.

  Raises `ArgumentError` for unknown options, wrong types and missing ones. Resolving what was resolved
  changes nothing.

      iex> config = Scrypath.Config.resolve!(backend: Scrypath.Meilisearch, inline_timeout: 50)
      iex> {config[:sync_mode], config[:inline_timeout]}
      {:inline, 50}
  """
  @spec resolve!(keyword()) :: keyword()
  def resolve!(options) when is_list(options) do
    layers = layers(options)
    defaults = "resolve_config" |> Core.run!(layers) |> Map.delete(:has_api_key) |> Enum.sort()

    for layer <- [layers.defaults, layers.repo_defaults, layers.options],
        {name, value} <- layer,
        reduce: @host_defaults ++ defaults do
      config -> Keyword.put(config, name, normalize(name, value))
    end
    |> Enum.sort()
  end

  defp normalize(:preload, names), do: List.wrap(names)
  defp normalize(_name, value), do: value

  @doc false
  @spec layers(term()) :: %{options: term(), defaults: keyword(), repo_defaults: keyword()}
  def layers(options) do
    %{options: options, defaults: library_defaults(), repo_defaults: repo_defaults(options)}
  end

  @doc false
  # An option that only this language can use: the repo, and what it preloads.
  def host_option(layers, name, default) do
    [layers.options, layers.repo_defaults, layers.defaults]
    |> Enum.find_value({:ok, default}, fn layer ->
      if Keyword.keyword?(layer) and Keyword.has_key?(layer, name), do: {:ok, layer[name]}
    end)
    |> elem(1)
  end

  defp library_defaults, do: keyword(Application.get_env(:scrypath, :defaults, []))

  defp repo_defaults(options) do
    with true <- Keyword.keyword?(options),
         repo when is_atom(repo) and repo != nil <- options[:repo],
         app when is_atom(app) and app != nil <-
           options[:otp_app] || Application.get_application(repo) do
      app |> Application.get_env(repo, []) |> keyword() |> Keyword.get(:scrypath, []) |> keyword()
    else
      _ -> []
    end
  end

  defp keyword(value), do: if(Keyword.keyword?(value), do: value, else: [])
end
