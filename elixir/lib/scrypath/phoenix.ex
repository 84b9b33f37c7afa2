defmodule Scrypath.Phoenix do
  @moduledoc """
  Between a search and a URL or a form. Plain data; Phoenix need not be there.

      def index(conn, params) do
        case Scrypath.Phoenix.from_params(params) do
          {:ok, search} ->
            {text, options} = Scrypath.QueryParams.to_search_args(search)
            {:ok, found} = Scrypath.search(Vessel, text, options ++ [repo: Repo])
            render(conn, :index, found: found, form: Scrypath.Phoenix.to_form_data(search))

          {:error, errors} ->
            conn
            |> put_status(400)
            |> render(:index, found: nil, form: Scrypath.Phoenix.to_form_data(params, errors))
        end
      end
  """

  alias Scrypath.{Core, QueryParams}

  @typedoc "What a form shows."
  @type form_data :: %{
          values: map(),
          params: map(),
          form_errors: [map()],
          field_errors: %{optional(String.t()) => [map()]},
          errors: [map()]
        }

  @doc "See `Scrypath.QueryParams.normalize/1`."
  @spec from_params(QueryParams.params()) ::
          {:ok, QueryParams.t()} | {:error, QueryParams.error_map()}
  defdelegate from_params(params), to: QueryParams, as: :normalize

  @doc """
  Normalized parameters as a map for a URL. Only what is not empty is there.

  Raises `ArgumentError` for what a URL cannot hold: tuning, more than one sort entry, operators.

      iex> Scrypath.Phoenix.to_query_params(%{text: "tug", page: [number: 2], sort: [desc: :built]})
      %{"q" => "tug", "page" => %{"number" => "2"}, "sort" => %{"field" => "built", "dir" => "desc"}}
  """
  @spec to_query_params(map()) :: %{optional(String.t()) => term()}
  def to_query_params(params), do: Core.run!("to_query_params", %{params: params})

  @doc """
  The same as a query string.

      iex> Scrypath.Phoenix.to_query_string(%{text: "tug", filter: [flag: "NO"]})
      "q=tug&filter%5Bflag%5D=NO"
  """
  @spec to_query_string(map()) :: String.t()
  def to_query_string(params), do: Core.run!("to_query_string", %{params: params})

  @doc """
  What a form shows of normalized parameters.

      iex> Scrypath.Phoenix.to_form_data(%{text: "", page: [number: 2]}).values
      %{"q" => "", "page" => %{"number" => "2"}}
  """
  @spec to_form_data(map()) :: form_data()
  def to_form_data(params), do: Core.run!("to_form_data", %{params: params})

  @doc """
  What a form shows of parameters that were refused: what was attempted, and why it was refused.

      iex> params = %{"q" => "tug", "page" => %{"number" => "x"}}
      iex> {:error, errors} = Scrypath.Phoenix.from_params(params)
      iex> form = Scrypath.Phoenix.to_form_data(params, errors)
      iex> {form.values["page"], Enum.map(form.field_errors["page"], & &1.message)}
      {%{"number" => "x"}, ["page.number must be a positive integer"]}
  """
  @spec to_form_data(QueryParams.params(), QueryParams.error_map()) :: form_data()
  def to_form_data(params, %{errors: errors}) do
    Core.run!("to_form_data", %{params: params, errors: Enum.map(errors, &Map.from_struct/1)})
  end
end
