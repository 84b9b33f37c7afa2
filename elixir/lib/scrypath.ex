defmodule Scrypath do
  @moduledoc """
  Search for the records of an application.

  A schema declares what of a record type is searchable (`Scrypath.Schema`). Records become documents
  (`Scrypath.Projection`), are written under an explicit promise (`sync_records/3`), and hits come back as
  the application's own records (`search/3`).

      defmodule Note do
        use Scrypath, fields: [:title], filterable: [:status]
        defstruct [:id, :title, :status]
      end

      opts = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:"]
      {:ok, %{status: :completed}} = Scrypath.sync_record(Note, note, opts)
      {:ok, result} = Scrypath.search(Note, "harbour", opts ++ [repo: MyRepo])

  ## Runtime options

  Every call that reaches a backend takes these, and `Scrypath.Config` says where their defaults come
  from. Times are in milliseconds.

    * `:backend` - `Scrypath.Meilisearch` (required)
    * `:meilisearch_url` - `http(s)://…`, `embedded:PATH`, `memory:` or `memory:NAME` (required)
    * `:meilisearch_api_key` - sent as `Authorization: Bearer` (string or nil, `nil`)
    * `:repo` - where hits are hydrated from: an `Ecto.Repo`, or a `Scrypath.Repo` (module or nil, `nil`)
    * `:preload` - what hydration preloads, and nothing else (`[]`)
    * `:otp_app` - the application that holds the repo's defaults (atom or nil, `nil`)
    * `:index_prefix` - wins over the schema's (string or nil, `nil`)
    * `:sync_mode` - `:inline`, `:manual` or `:oban` (`:inline`)
    * `:inline_timeout` - how long an inline write waits for its task (`5000`)
    * `:inline_poll_interval` - the longest pause between two looks at a task (`100`)
    * `:settings_merge` - `:replace` or `:deep` (`:replace`)
    * `:req_options` - `:headers`, `:receive_timeout` (the deadline of one request, `15000`), `:retry` (of
      reads, `true`)
    * `:oban`, `:oban_queue`, `:oban_max_attempts` - of the mode `:oban`: the Oban that jobs are inserted through (a
      module or the name of an instance, `Oban`; where Oban is missing, see `sync_records/3`), the queue they are put into
      (atom, required in that mode), and how often a job is tried (`8`)
    * `:fan_out` - which fan-out a sync of related records resolves (atom or nil, `nil`)
    * `:federation_limit`, `:federation_offset`, `:federation_timeout` (reserved, `7500`), `:hydration_timeout`,
      `:max_schemas`, `:global_schemas` - of `search_many/2`
    * `:meilisearch_client` - refused where it would be called: tests use `meilisearch_url: "memory:"`, which is the
      real thing

  ## Errors

  A call that is wrong raises `ArgumentError`, and nothing was sent. Everything else is
  `{:error, reason}`, with `reason` one of

    * `{:transport_error, %Scrypath.TransportError{}}` - the backend was not reached, or is not one
    * `{:http_error, status, body}` - it refused, or its reply is none: then `body` is the reply, or says which
      member of it should have been what
    * `{:timeout, task}` - an inline write's task did not end in time; it still may
    * `{:task_failed, task}`, `{:cancelled, task}` - it ended, but not in success
    * `{:invalid_task_payload, details}` - what should be a task is not one
    * `{:queue_unavailable, message}` - mode `:oban`, and no connection to put a job through
    * of mode `:oban` also what Oban or the function of a `:connection` refused with, as it is. What a driver raises
      passes through
    * `{:unknown_facet, facet}`, `{:invalid_facet_filter, reason}` - a facet that is not declared
    * `{:internal, message}` - a defect of Scrypath

  ## Telemetry

  Where `:telemetry` is present: spans `[:scrypath, :search]` (with `search_scope` `:within_facet` or `:suggest`
  where it is not a plain search), `[:scrypath, :search_facet_values]`, `[:scrypath, :search_many]`,
  `[:scrypath, :hydration]`, `[:scrypath, :sync, :upsert]`, `[:scrypath, :sync, :delete]`, `[:scrypath, :sync, :related]`,
  `[:scrypath, :meilisearch, :request]` and `[:scrypath, :meilisearch, :task_wait]`, each with `:start` and `:stop`; and
  `[:scrypath, :search_many, :partial]` by itself. They are emitted in the calling process when the call has ended,
  carrying the times at which things happened. Of a write that is enqueued, the span ends with `status: :requested`
  when its row is made: whether that is there is for the transaction to say. `[:scrypath, :sync, :related, :resolve]`
  is the span of a resolver that is called now, with `:exception` too.
  """

  alias Scrypath.{
    Config,
    Core,
    Explanation,
    Projection,
    Related,
    Schema,
    Search,
    SearchResult,
    Sync,
    TenantToken
  }

  alias Scrypath.Schema.Declaration

  @typedoc """
  What a write returns.

    * `mode` - the promise it was made under
    * `status` - `:completed` (inline: the task ended in success), `:accepted` (manual: the backend took
      the work, which may not be searchable yet; oban: the job is in the database, once it is committed) or `:noop`
      (there was nothing to write)
    * `document_ids`, `document_count`
    * `index`, `task` - where known; `task` is
      `%{uid: integer, status: atom, index_uid: string, type: string, raw: map}`
    * `oban`, `job` - of mode `:oban`: `%{queue: atom, max_attempts: integer, name: atom}`, and
      `%{id: integer, worker: string, queue: string, state: string, attempt: integer, max_attempts: integer}`

  A write goes through `requested → enqueued → processing → backend_accepted →
  completed | retrying | discarded`; the modes differ in how far the call goes along before it returns.
  """
  @type write_result :: %{
          required(:mode) => :inline | :manual | :oban,
          required(:status) => :completed | :accepted | :noop,
          required(:document_ids) => [term()],
          required(:document_count) => non_neg_integer(),
          optional(:index) => String.t(),
          optional(:task) => map(),
          optional(:oban) => map(),
          optional(:job) => map()
        }

  @doc "See `Scrypath.Schema`."
  defmacro __using__(options) do
    quote do
      use Scrypath.Schema, unquote(options)
    end
  end

  ## Declarations

  @doc """
  The whole declaration: `fields`, `filterable`, `faceting`, `sortable`, `settings`, `document_id`,
  `index_prefix`, `fan_outs`, `backend`, `tenant_field`, `document_source`.
  """
  @spec schema_config(Schema.t()) :: map()
  def schema_config(schema), do: schema.__scrypath__(:config)

  @doc """
  The declared fields.

      iex> Scrypath.schema_fields(Scrypath.Examples.Note)
      [:title]
  """
  @spec schema_fields(Schema.t()) :: [atom()]
  def schema_fields(schema), do: schema.__scrypath__(:fields)

  @doc "The declared settings, normalized; what Scrypath does not know is under `:__unrecognized__`."
  @spec schema_settings(Schema.t()) :: map()
  def schema_settings(schema), do: schema.__scrypath__(:settings)

  @doc "The declared faceting, `[]` where it is off."
  @spec schema_faceting(Schema.t()) :: keyword()
  def schema_faceting(schema), do: schema.__scrypath__(:faceting)

  @doc "The field that holds the document id."
  @spec document_id_field(Schema.t()) :: atom()
  def document_id_field(schema), do: schema.__scrypath__(:document_id)

  @doc "`:custom` if the schema has `search_document/1`, else `:fields`."
  @spec document_source(Schema.t()) :: :fields | :custom
  defdelegate document_source(schema), to: Projection

  @doc "The declaration in the JSON form that every language reads; see `Scrypath.Schema`."
  @spec schema_json(Schema.t()) :: String.t()
  def schema_json(schema), do: Schema.json!(schema)

  @doc "A hash of the declaration, equal wherever it is declared the same: 64 hex digits."
  @spec fingerprint(Schema.t()) :: String.t()
  def fingerprint(schema), do: schema.__scrypath__(:fingerprint)

  @doc """
  Checks declaration options without a module.

      iex> {:ok, config} = Scrypath.validate_schema(fields: [:title])
      iex> config.document_id
      :id
      iex> {:error, %ArgumentError{message: message}} = Scrypath.validate_schema(fields: [])
      iex> message =~ "fields must contain"
      true
  """
  @spec validate_schema(keyword()) :: {:ok, map()} | {:error, Exception.t()}
  def validate_schema(options) do
    {:ok, Declaration.declare!("schema", options).config}
  rescue
    error in ArgumentError -> {:error, error}
  end

  @doc """
  Checks runtime options, their defaults filled in, without using them. An API key is only known of:
  `has_api_key`.

      iex> {:ok, options} = Scrypath.validate_options(backend: Scrypath.Meilisearch)
      iex> {options.sync_mode, options.inline_timeout, options.has_api_key}
      {:inline, 5000, false}
      iex> {:error, %ArgumentError{message: message}} = Scrypath.validate_options(backend: Scrypath.Meilisearch, colour: 1)
      iex> message =~ "unknown options [:colour]"
      true
  """
  @spec validate_options(keyword()) :: {:ok, map()} | {:error, Exception.t()}
  def validate_options(options) do
    {:ok, Core.run!("resolve_config", Config.layers(options))}
  rescue
    error in ArgumentError -> {:error, error}
  end

  @doc "See `Scrypath.Metadata.schema_capabilities/1`."
  @spec schema_capabilities(Schema.t()) :: map()
  defdelegate schema_capabilities(schema), to: Scrypath.Metadata

  @doc "See `Scrypath.Metadata.reflect_search/2`."
  @spec reflect_search(Schema.t(), map()) :: map()
  defdelegate reflect_search(schema, criteria), to: Scrypath.Metadata

  @doc "See `Scrypath.Metadata.reflect_search_many/2`."
  @spec reflect_search_many(map() | [tuple()], keyword()) :: map()
  defdelegate reflect_search_many(entries, shared \\ []), to: Scrypath.Metadata

  ## Searching

  @doc """
  Searches one schema.

  ## Options

  Besides the runtime options of this module:

    * `:filter` - keyword list over filterable fields, all of which must hold: a value, a list of values,
      or operators (`[built: [gte: 1990, lt: 2000]]`); `nil` means that there is no value (`[]`)
    * `:sort` - keyword list of `asc:` and `desc:` over sortable fields (`[]`)
    * `:page` - keyword list of `:number` and `:size`, both from 1 (the server's own paging)
    * `:facets` - list of declared facets to count (`[]`)
    * `:facet_filter` - keyword list over declared facets; a list of values means any of them (`[]`)
    * `:per_query` - keyword list or map of `:ranking_score_threshold`, `:show_ranking_score` and
      `:show_ranking_score_details` (`%{}`)
    * `:tenant_scope` - the value that the schema's tenant field must have (absent)
    * `:attributes_to_retrieve`, `:attributes_to_highlight`, `:attributes_to_crop` (lists of fields),
      `:highlight_pre_tag`, `:highlight_post_tag`, `:crop_marker` (strings), `:crop_length` (words),
      `:show_matches_position` (boolean), `:matching_strategy` (`:last`, `:all` or `:frequency`) - how hits are
      shown; what the server makes of them is in a hit's `"_formatted"` and `"_matchesPosition"`

  With `:repo`, hits are hydrated by one query on the primary key. The result is an enumerable of its hits, and
  `Scrypath.SearchResult.hits_as/2` makes structs of them.

      {:ok, result} = Scrypath.search(Vessel, "tug", filter: [flag: "NO"], sort: [desc: :built], repo: Repo)
      result.records
      for hit <- result, do: hit["name"]
  """
  @spec search(Schema.t(), String.t(), keyword()) :: {:ok, SearchResult.t()} | {:error, term()}
  def search(schema, text, options \\ [])
      when is_atom(schema) and is_binary(text) and is_list(options) do
    Search.run(schema, text, options)
  end

  @doc "The same, giving the bare result or raising `Scrypath.Search.Error`."
  @spec search!(Schema.t(), String.t(), keyword()) :: SearchResult.t()
  def search!(schema, text, options \\ [])
      when is_atom(schema) and is_binary(text) and is_list(options) do
    bang(Search.run(schema, text, options))
  end

  @doc """
  Searches among the documents of one facet bucket: `{facet, value}`, where a list of values means any of
  them. The rest is as in `search/3`; a `:facet_filter` on the same facet is refused.

      {:ok, result} = Scrypath.search_within_facet(Vessel, "tug", {:kind, "ferry"}, filter: [active: true])
  """
  @spec search_within_facet(Schema.t(), String.t(), {atom(), term()}, keyword()) ::
          {:ok, SearchResult.t()} | {:error, term()}
  def search_within_facet(schema, text, bucket, options \\ [])
      when is_atom(schema) and is_binary(text) and is_list(options) do
    Search.run(schema, text, options, %{bucket: [bucket]})
  end

  @doc "The same, giving the bare result or raising `Scrypath.Search.Error`."
  @spec search_within_facet!(Schema.t(), String.t(), {atom(), term()}, keyword()) ::
          SearchResult.t()
  def search_within_facet!(schema, text, bucket, options \\ []),
    do: bang(search_within_facet(schema, text, bucket, options))

  @doc """
  Searches, with counts for facets whose values are alternatives: each of `:facets` that `:facet_filter`
  restricts is counted as if it were not. One request, of one query more for each such facet.

      iex> options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:search_disjunctive"]
      iex> {:ok, _} = Scrypath.sync_records(Scrypath.Examples.Note, [%{id: 7, title: "Tides"}], options)
      iex> {:ok, result} = Scrypath.search_disjunctive(Scrypath.Examples.Note, "tides", options)
      iex> length(result.hits)
      1
  """
  @spec search_disjunctive(Schema.t(), String.t(), keyword()) ::
          {:ok, SearchResult.t()} | {:error, term()}
  def search_disjunctive(schema, text, options \\ [])
      when is_atom(schema) and is_binary(text) and is_list(options) do
    Search.run(schema, text, options, %{disjunctive: true})
  end

  @doc "The same, giving the bare result or raising `Scrypath.Search.Error`."
  @spec search_disjunctive!(Schema.t(), String.t(), keyword()) :: SearchResult.t()
  def search_disjunctive!(schema, text, options \\ []),
    do: bang(search_disjunctive(schema, text, options))

  @doc """
  Searches the values of a facet: those that begin like `text`. `:filter`, `:facet_filter` and
  `:tenant_scope` restrict which documents are counted.

      {:ok, %{hits: [%{value: "ferry", count: 3}]}} = Scrypath.search_facet_values(Vessel, "kind", "fe")
  """
  @spec search_facet_values(Schema.t(), String.t(), String.t(), keyword()) ::
          {:ok, Scrypath.FacetSearchResult.t()} | {:error, term()}
  def search_facet_values(schema, facet, text, options \\ [])
      when is_atom(schema) and is_binary(facet) and is_binary(text) and is_list(options) do
    Search.facet_values(schema, facet, text, options)
  end

  @doc "The same, giving the bare result or raising `Scrypath.Search.Error`."
  @spec search_facet_values!(Schema.t(), String.t(), String.t(), keyword()) ::
          Scrypath.FacetSearchResult.t()
  def search_facet_values!(schema, facet, text, options \\ []),
    do: bang(search_facet_values(schema, facet, text, options))

  @doc """
  Searches several schemas in one request.

  An entry is `{schema, text}` or `{schema, text, options}`; `:all` in the place of the schema stands for each
  of `:global_schemas`, or of what `config :my_app, :scrypath_global_search_schemas` lists where `:otp_app` is
  given. `options` are what every entry starts from, and the runtime options of the call; an entry's own win,
  and may hold `:federation_weight`, which raises or lowers its hits in the merged list.

  Hits are merged into one list, read by `Scrypath.MultiSearchResult.merge_projection/1`, unless an entry has
  a `:page`: then results stand side by side, each with its own totals.

  ## Options of the call

    * `:max_schemas` - how many entries there may be (`10`)
    * `:federation_limit`, `:federation_offset` - which part of the merged list comes (`200`, `0`)
    * `:hydration_timeout` - how long fetching rows may take, in ms (`5000`); every entry has a process of its own
    * `:federation_timeout` - reserved
    * `:global_schemas` - what `:all` stands for

  ## Errors

  `:empty_schema_list`, `{:too_many_schemas, count, max}`, `{:invalid_options, reason}`,
  `{:validation_failed, schema, reason}`, `{:transport_failed, reason}`, `{:all_failed, failures}`,
  `{:federated_decode, reason}`. One entry whose rows could not be fetched is in `failures` of the result.

      iex> alias Scrypath.Examples.Note
      iex> options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:search_many"]
      iex> {:ok, _} = Scrypath.sync_records(Note, [%{id: 7, title: "Tides"}], options)
      iex> {:ok, result} = Scrypath.search_many([{Note, "tides"}, {Note, "nothing"}], options)
      iex> for {Note, found} <- result.ordered, do: length(found.hits)
      [1, 0]
  """
  @spec search_many([tuple()], keyword()) ::
          {:ok, Scrypath.MultiSearchResult.t()} | {:error, term()}
  def search_many(entries, options \\ []) when is_list(entries) and is_list(options) do
    Search.Many.run(entries, options)
  end

  @doc "The same, giving the bare result or raising `Scrypath.Search.Error`."
  @spec search_many!([tuple()], keyword()) :: Scrypath.MultiSearchResult.t()
  def search_many!(entries, options \\ []), do: bang(search_many(entries, options))

  @doc """
  Suggests texts of one field that begin like `text`, while somebody types. Each text comes once, best first; blank
  text gives none, and sends nothing.

  ## Options

  Besides the runtime options of this module:

    * `:field` - the field to suggest from (atom, the first that is not the document id)
    * `:limit` - at most so many (1 to 100, `5`)
    * `:filter`, `:facet_filter`, `:tenant_scope`, `:sort` - as in `search/3`
    * `:matching_strategy` - as in `search/3` (`:all`)

      iex> alias Scrypath.Examples.Note
      iex> options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:suggest"]
      iex> notes = [%{id: 1, title: "Tide tables"}, %{id: 2, title: "High tide"}, %{id: 3, title: "Harbour"}]
      iex> {:ok, _} = Scrypath.sync_records(Note, notes, options)
      iex> {:ok, suggestions} = Scrypath.suggest(Note, "tid", options)
      iex> for suggestion <- suggestions, do: suggestion.text
      ["Tide tables", "High tide"]
      iex> hd(suggestions).parts
      [%{text: "Tid", matched: true}, %{text: "e tables", matched: false}]
  """
  @spec suggest(Schema.t(), String.t(), keyword()) ::
          {:ok, [Scrypath.Suggestion.t()]} | {:error, term()}
  def suggest(schema, text, options \\ []), do: Search.suggest(schema, text, options)

  @doc "The same, giving the bare result or raising `Scrypath.Search.Error`."
  @spec suggest!(Schema.t(), String.t(), keyword()) :: [Scrypath.Suggestion.t()]
  def suggest!(schema, text, options \\ []), do: bang(suggest(schema, text, options))

  @doc """
  What a search would send, without sending it: the normalized query, and the request.

      iex> options = [backend: Scrypath.Meilisearch, filter: [status: "open"]]
      iex> {:ok, explained} = Scrypath.explain(Scrypath.Examples.Note, "tide", options)
      iex> explained.request.body
      %{"q" => "tide", "filter" => ["status = \\"open\\""]}
  """
  @spec explain(Schema.t(), String.t(), keyword()) :: {:ok, Explanation.t()} | {:error, term()}
  def explain(schema, text, options \\ [])
      when is_atom(schema) and is_binary(text) and is_list(options) do
    Search.explain(schema, text, options)
  end

  @doc "The same, giving the bare result or raising `Scrypath.Search.Error`."
  @spec explain!(Schema.t(), String.t(), keyword()) :: Explanation.t()
  def explain!(schema, text, options \\ []), do: bang(explain(schema, text, options))

  defp bang({:ok, result}), do: result
  defp bang({:error, reason}), do: raise(Search.Error, reason: reason)

  @doc """
  Makes a token for a browser or another client that may see one tenant's documents and no others. It is used as a
  `:meilisearch_api_key`; whatever filter its holder adds, it only narrows. Nothing is sent, and there is no way to take
  a token back but to delete the key it was made from.

  `schemas` is a schema or a list of them, each with a `:tenant_field`; `tenant` is what `:tenant_scope` takes.

  ## Options

  Besides the runtime options of this module:

    * `:api_key_uid` - the uid of the key that the token is made from, as `GET /keys` shows it (a UUID, required)
    * `:api_key` - that key, one with the action `search` and not the master key (string, `:meilisearch_api_key`)
    * `:expires_in` - seconds until the token expires (`3600`)
    * `:expires_at` - when it does, instead: a `DateTime`, or seconds since 1970
    * `:filter` - narrows the token further, as in `search/3`

  A call that is wrong raises `ArgumentError`, which never shows the key.

      iex> options = [backend: Scrypath.Meilisearch, api_key: "a search key"]
      iex> uid = [api_key_uid: "ac5cd97d-5a4b-4226-a868-2d0eb6d197ab"]
      iex> {:ok, token} = Scrypath.tenant_token(Scrypath.Examples.Berth, 9, options ++ uid)
      iex> [_head, claims, _signature] = String.split(token, ".")
      iex> Base.url_decode64!(claims, padding: false) =~ ~S({"scrypath_berth":{"filter":["dock_id = 9"]}})
      true
  """
  @spec tenant_token(Schema.t() | [Schema.t()], term(), keyword()) :: {:ok, String.t()}
  def tenant_token(schemas, tenant, options \\ []),
    do: {:ok, TenantToken.make!(schemas, tenant, options)}

  @doc "The same, giving the bare token."
  @spec tenant_token!(Schema.t() | [Schema.t()], term(), keyword()) :: String.t()
  def tenant_token!(schemas, tenant, options \\ []), do: TenantToken.make!(schemas, tenant, options)

  ## Writing

  @doc "Writes the document of one record; see `sync_records/3`."
  @spec sync_record(Schema.t(), struct() | map(), keyword()) ::
          {:ok, write_result()} | {:error, term()}
  def sync_record(schema, record, options \\ []), do: sync_records(schema, [record], options)

  @doc """
  Writes the documents of records, replacing what was there. Call it after the database write succeeded.

  All records go in one request, and none if one of them cannot be projected. The first write to an index
  that does not exist creates it, with the schema's settings.

  Which promise the result makes depends on `:sync_mode`: `:inline` waits for the backend's task and
  returns `:completed`, `:manual` returns `:accepted` and the task to watch. Neither is atomic with the
  database.

      iex> options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:sync_records"]
      iex> {:ok, result} = Scrypath.sync_records(Scrypath.Examples.Note, [%{id: 7, title: "Tides"}], options)
      iex> {result.mode, result.status, result.document_ids}
      {:inline, :completed, [7]}

  ## In your own transaction

  `:oban` inserts a job into the table `oban_jobs` (`scrypath queue install` makes it where Oban has not) and does not
  contact the backend; `scrypath worker` brings it into the index. Inside a transaction, the job is committed or rolled
  back with what else is in it. Call it after the row was written: the row's lock is what orders the jobs of a record.
  Nothing is begun, committed or rolled back here, and no connection is opened.

  The job goes through the first of these that is there:

    * `:connection` - taken by the functions that write, and in this mode only: an `Ecto.Repo` over PostgreSQL or SQLite,
      or `{:postgres, fun}` or `{:sqlite, fun}`. `fun.(sql, parameters)` carries out one statement on a connection of
      yours and gives its rows as lists: `[[id]]`
    * `:oban`, where it is given
    * `:repo`, where it is such an `Ecto.Repo`
    * `Oban`, where it is loaded

  A job never holds a key: a `:meilisearch_api_key` that only this call has is an `ArgumentError`.

      Repo.transaction(fn ->
        note = Repo.insert!(changeset)
        {:ok, _} = Scrypath.sync_record(Note, note, sync_mode: :oban, oban_queue: :search, connection: Repo)
      end)

      # Postgrex.transaction(pool, fn connection -> ... end), with
      connection: {:postgres, &Postgrex.query!(connection, &1, &2).rows}

      iex> rows = fn _sql, [_queue, _worker, _args, _max_attempts] -> [[412]] end
      iex> options = [backend: Scrypath.Meilisearch, sync_mode: :oban, oban_queue: :search, connection: {:sqlite, rows}]
      iex> {:ok, result} = Scrypath.sync_records(Scrypath.Examples.Note, [%{id: 7, title: "Tides"}], options)
      iex> {result.status, result.job.id, result.job.state, result.oban.queue}
      {:accepted, 412, "available", :search}
  """
  @spec sync_records(Schema.t(), [struct() | map()], keyword()) ::
          {:ok, write_result()} | {:error, term()}
  def sync_records(schema, records, options \\ [])
      when is_atom(schema) and is_list(records) and is_list(options) do
    Sync.upsert(schema, records, options)
  end

  @doc """
  Deletes the document of one record, found by `search_document_id/1` of the schema or else by the
  record's document id.
  """
  @spec delete_record(Schema.t(), struct() | map(), keyword()) ::
          {:ok, write_result()} | {:error, term()}
  def delete_record(schema, record, options \\ []) when is_atom(schema) and is_list(options) do
    Sync.delete_record(schema, record, options)
  end

  @doc "Deletes one document by its id."
  @spec delete_document(Schema.t(), term(), keyword()) :: {:ok, write_result()} | {:error, term()}
  def delete_document(schema, id, options \\ []), do: delete_documents(schema, [id], options)

  @doc "Deletes documents by their ids. Ids that have no document are no error."
  @spec delete_documents(Schema.t(), [term()], keyword()) ::
          {:ok, write_result()} | {:error, term()}
  def delete_documents(schema, ids, options \\ [])
      when is_atom(schema) and is_list(ids) and is_list(options) do
    Sync.delete_documents(schema, ids, options)
  end

  @doc """
  Syncs what is related to records: documents of another schema that hold something of theirs. Call it after the
  database write succeeded.

  Which documents those are is declared under a name, and found by a function of the application:

      defmodule Harbor.Dock do
        use Scrypath,
          fields: [:name],
          fan_outs: [berths: [target: Harbor.Berth, resolver: {Harbor.Berths, :of_docks, []}]]
      end

      def of_docks(ids), do: Repo.all(from(berth in Berth, where: berth.dock_id in ^ids, lock: "FOR UPDATE"))

      Scrypath.sync_related(Harbor.Dock, dock, fan_out: :berths)

  The resolver is called with the list of the document ids of the source records, and the extra arguments of its
  declaration; it gives records of the target. They are written as by `sync_records/3`, and the result is that of the
  write: a no-op where there are none. It should lock the rows that it reads, so that nobody writes an older state of them
  after it.

  With `sync_mode: :oban` one job is inserted, as by `sync_records/3`. The result has the ids of the source records, and
  no index. Whoever runs the job calls the resolver and enqueues the target's documents, in one transaction:
  `Scrypath.Sync.RelatedWorker` where Oban runs the queue, else `work_related/1`; a `scrypath worker` of the same queue leaves
  it alone, and brings what it enqueued.

  Raises `ArgumentError` where `:fan_out` is missing or not declared.

      iex> alias Scrypath.Examples.Dock
      iex> options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:sync_related"]
      iex> {:ok, result} = Scrypath.sync_related(Dock, %{id: 9, name: "North"}, [fan_out: :berths] ++ options)
      iex> {result.status, result.index, result.document_ids}
      {:completed, "scrypath_berth", ["9-1", "9-2"]}
  """
  @spec sync_related(Schema.t(), struct() | map() | [struct() | map()], keyword()) ::
          {:ok, write_result()} | {:error, term()}
  def sync_related(schema, records, options \\ []) when is_atom(schema) and is_list(options) do
    Related.sync(schema, List.wrap(records), options)
  end

  ## The queue

  @doc """
  Runs jobs of `sync_related/3` that are due, and gives how many, whatever became of them: 0 is nothing to do. For
  applications without an Oban; call it in a transaction of your own, as often as documents may wait.

  ## Options

    * `:queue` - the queue of the jobs (atom or string, required)
    * `:connection` - as `sync_records/3` takes it, in a transaction (required)
    * `:limit` - at most so many, the oldest (`100`)

  Each job's resolver is called, and the documents of its target are enqueued into the same queue, through the same
  connection. Where that raises, what it wrote is undone, what was raised is logged without its message, and the job will
  be tried again; the others go on. A resolver that rolls back a transaction of the repo's takes all with it.

  Raises `ArgumentError` where an option is wrong and where a repo is in no transaction.

      {:ok, 3} = Repo.transaction(fn -> Scrypath.work_related(queue: :related, connection: Repo) end)
  """
  @spec work_related(keyword()) :: non_neg_integer()
  defdelegate work_related(options), to: Related.Job, as: :work

  @doc """
  Starts the shipped `scrypath worker`, linked to the caller: it brings what was enqueued into the index. Options and
  errors are those of `Scrypath.Worker`, which is a child of a supervisor too.

      {:ok, worker} = Scrypath.worker(queues: [:search], database_url: "postgres://harbor@localhost/harbor")
      {:ok, %{completed: 12, requests: 2}} = Scrypath.Worker.stop(worker)
  """
  @spec worker(keyword()) :: {:ok, pid()} | Scrypath.Worker.error()
  defdelegate worker(options \\ []), to: Scrypath.Worker, as: :start_link
end
