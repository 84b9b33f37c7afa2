defmodule Scrypath.QueryParams do
  @moduledoc """
  From the parameters of a web request to the arguments of a search, and no further: unknown parameters are
  ignored, so that a browser cannot set a backend or a tenant, and `per_query` is refused.

  Parameters may be nested, as Plug parses them, or flat pairs, or a query string:

      q=tug&filter[kind]=tug&facet_filter[flag][]=NO&sort[field]=built&sort[dir]=desc&page[number]=2&facets[]=kind

  Names must be existing atoms; none is ever made. What a name may be searched by is the schema's to say,
  when the search runs.

  A request is refused as a whole beyond 1,000 values or a query string of 64 KiB, a text beyond 8 KiB by
  itself.
  """

  alias Scrypath.{Core, QueryParams}

  @typedoc "Normalized parameters."
  @type t :: %{
          text: String.t(),
          filter: keyword(),
          sort: keyword(),
          page: keyword(),
          facets: [atom()],
          facet_filter: keyword(),
          per_query: map()
        }

  @typedoc "Parameters as they came: a map, pairs of texts, or a query string."
  @type params :: map() | [{String.t() | atom(), term()}] | String.t()

  @typedoc """
  Everything that is wrong. `form_errors` hold what is wrong with the parameters as a whole: too many of
  them, or what cannot be read.
  """
  @type error_map :: %{
          form_errors: [QueryParams.Error.t()],
          field_errors: %{optional(atom()) => [QueryParams.Error.t()]},
          errors: [QueryParams.Error.t()]
        }

  @doc """
  Normalizes browser-shaped parameters, or tells everything that is wrong with them.

      iex> Scrypath.QueryParams.normalize(%{"q" => "tug", "page" => %{"number" => "2"}, "filter" => %{"flag" => "NO"}})
      {:ok, %{text: "tug", filter: [flag: "NO"], sort: [], page: [number: 2], facets: [], facet_filter: [], per_query: %{}}}
      iex> {:error, errors} = Scrypath.QueryParams.normalize(%{"page" => %{"number" => "0"}})
      iex> for error <- errors.errors, do: {error.path, error.code}
      [{[:page, :number], :invalid_value}]
  """
  @spec normalize(params()) :: {:ok, t()} | {:error, error_map()}
  def normalize(params) do
    # The names come back as atoms where there are such atoms, and as text where not.
    known = Core.run!("param_names", %{params: params})
    Core.run("normalize_params", %{params: params, known: known})
  end

  @doc """
  Takes values that are of the application's own making: keyword lists, atoms, a map of tuning. Their shape is
  checked, and `ArgumentError` raised where it is wrong.

      iex> Scrypath.QueryParams.cast(%{text: "tug", sort: [desc: :built]}).sort
      [desc: :built]
  """
  @spec cast(map()) :: t()
  def cast(params), do: Core.run!("cast_params", %{params: params})

  @doc """
  The text and the options of a search.

      iex> {:ok, params} = Scrypath.QueryParams.normalize("q=tug")
      iex> Scrypath.QueryParams.to_search_args(params)
      {"tug", [filter: [], sort: [], page: [], facets: [], facet_filter: [], per_query: %{}]}
  """
  @spec to_search_args(map()) :: {String.t(), keyword()}
  def to_search_args(params), do: Core.run!("search_arguments", %{of: params})
end
