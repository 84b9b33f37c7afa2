defmodule Scrypath.Queue.Connection do
  @moduledoc false

  # The caller's own connection: the dialect of its database, and how a statement is carried out on it. It is never
  # handed to the core, and never shown.

  alias Scrypath.Optional

  @compile {:no_warn_undefined, [Oban.Repo]}

  @enforce_keys [:dialect, :rows]
  defstruct [:dialect, :rows]

  @type rows :: [[term()]]
  @type statement :: %{sql: String.t(), params: [String.t() | integer()]}
  @type t :: %__MODULE__{
          dialect: :postgres | :sqlite,
          rows: (sql :: String.t(), parameters :: list() -> rows() | {:error, term()})
        }

  @dialects [:postgres, :sqlite]
  @adapters %{Ecto.Adapters.Postgres => :postgres, Ecto.Adapters.SQLite3 => :sqlite}
  @placeholders %{postgres: "numbered", sqlite: "question"}

  @doc "The connection that a caller passed. Raises `ArgumentError` where it is none."
  @spec new!(term()) :: t()
  def new!({dialect, rows}) when dialect in @dialects and is_function(rows, 2),
    do: %__MODULE__{dialect: dialect, rows: rows}

  def new!(given) do
    case of_repo(given) do
      %__MODULE__{} = connection ->
        connection

      nil ->
        raise ArgumentError,
              ":connection must be an Ecto.Repo over PostgreSQL or SQLite, or {:postgres, fun} or {:sqlite, fun} with a " <>
                "function of a statement and its parameters that gives rows"
    end
  end

  @doc "That of an `Ecto.Repo`: inside `repo.transaction`, the one of this process. `nil` where there is none."
  @spec of_repo(term()) :: t() | nil
  def of_repo(repo) when is_atom(repo) and repo != nil do
    case Optional.ecto_repo?(repo) && @adapters[repo.__adapter__()] do
      dialect when dialect in @dialects ->
        # What a job holds is no matter for a log.
        %__MODULE__{dialect: dialect, rows: &repo.query!(&1, &2, log: false).rows}

      _ ->
        nil
    end
  end

  def of_repo(_other), do: nil

  @doc "That of the Oban that runs a job. Its tables may be in a schema of their own."
  @spec of_oban!(conf :: struct()) :: t()
  def of_oban!(conf) do
    dialect = @adapters[conf.repo.__adapter__()]

    unless dialect in @dialects do
      raise ArgumentError,
            "Scrypath's jobs run on PostgreSQL and SQLite; #{inspect(conf.repo)} is over neither"
    end

    %__MODULE__{dialect: dialect, rows: &rows_of_oban(conf, dialect, &1, &2)}
  end

  defp rows_of_oban(%{prefix: prefix} = conf, :postgres, sql, parameters)
       when is_binary(prefix) and prefix != "public" do
    {:ok, rows} =
      Oban.Repo.transaction(conf, fn ->
        path =
          "SELECT set_config('search_path', quote_ident($1) || ', ' || current_setting('search_path'), true)"

        query!(conf, path, [prefix])
        query!(conf, sql, parameters)
      end)

    rows
  end

  defp rows_of_oban(conf, _dialect, sql, parameters), do: query!(conf, sql, parameters)

  defp query!(conf, sql, parameters), do: Oban.Repo.query!(conf, sql, parameters, log: false).rows

  @doc "What the core writes a statement for."
  @spec target(t() | nil) :: map()
  # Where no statement is carried out, any will do.
  def target(nil), do: target(%__MODULE__{dialect: :postgres, rows: nil})

  def target(%__MODULE__{dialect: dialect}),
    do: %{dialect: Atom.to_string(dialect), placeholders: @placeholders[dialect]}

  @doc "Carries out statements in their order, and gives the rows of each."
  @spec carry_out(t(), [statement()]) :: [rows()]
  def carry_out(%__MODULE__{rows: rows}, statements) do
    for statement <- statements do
      case rows.(statement.sql, statement.params) do
        # Of a statement that gives none, drivers say so in many ways.
        list when is_list(list) -> list
        # Raised, so that a transaction around this is rolled back.
        {:error, reason} -> raise ArgumentError, "the function of :connection refused: #{inspect(reason)}"
        _none -> []
      end
    end
  end

  @doc "Carries out the statement of a row, and gives the id that the database gave it."
  @spec insert(t(), map()) :: {:ok, integer()} | {:error, term()}
  def insert(%__MODULE__{rows: rows}, insert) do
    case rows.(insert.sql, [insert.queue, insert.worker, insert.args, insert.max_attempts]) do
      [[id | _] | _] when is_integer(id) ->
        {:ok, id}

      {:error, reason} ->
        {:error, reason}

      _ ->
        # Raised, so that a transaction around this is rolled back: whether the row is there is not known.
        raise ArgumentError,
              "the function of :connection must give the statement's rows as lists: [[id]], id an integer"
    end
  end
end
