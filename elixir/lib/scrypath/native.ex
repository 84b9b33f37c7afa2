defmodule Scrypath.Native do
  @moduledoc false

  # The native library. Its functions return at once; what takes time is answered by a message.

  @on_load :load
  @version Mix.Project.config()[:version]

  @doc false
  def load do
    path = :filename.join([:code.priv_dir(:scrypath), "native", "scrypath_elixir"])

    case :erlang.load_nif(path, @version) do
      :ok -> :ok
      {:error, reason} -> :persistent_term.put(__MODULE__, explain(reason, path))
    end

    # A module that failed to load would only be an undefined function; the stubs below say why.
    :ok
  end

  defp explain({:load, _text}, path) do
    "the native library #{path} is of another version than this package (#{@version}); " <>
      advice()
  end

  defp explain({_kind, text}, _path) do
    "Scrypath's native library could not be loaded: #{text}; " <> advice()
  end

  defp advice do
    "run `mix deps.compile scrypath --force` (or `mix compile --force` in Scrypath itself) with Rust installed"
  end

  @spec call(reference(), map(), list(), boolean()) :: map() | :pending | :dirty
  def call(_reference, _request, _records, _hooked), do: unloaded()

  @spec call_dirty(reference(), map(), list(), boolean()) :: map() | :pending
  def call_dirty(_reference, _request, _records, _hooked), do: unloaded()

  @spec kinds() :: [{kind :: String.t(), class :: String.t()}]
  def kinds, do: unloaded()

  @spec open(map()) :: reference() | map()
  def open(_request), do: unloaded()

  @spec push(reference(), reference(), list(), boolean()) :: map() | :pending
  def push(_reference, _stream, _records, _hooked), do: unloaded()

  @spec finish(reference(), reference()) :: map() | :pending
  def finish(_reference, _stream), do: unloaded()

  @spec abort(reference()) :: :ok
  def abort(_stream), do: unloaded()

  @doc false
  # The core never makes atoms. These are its own words, which callers match on: that they stand in a
  # loaded module is what makes them exist.
  def words do
    [
      ~w(attributes max_values_per_facet sort_facet_values_by nested_facet_paths alpha count)a,
      ~w(synonyms typo_tolerance ranking_rules distinct_attribute stop_words searchable_attributes)a,
      ~w(sortable_attributes filterable_attributes displayed_attributes __unrecognized__)a,
      ~w(fields custom target resolver asc desc number size value min max meilisearch)a,
      ~w(suggest within_facet)a,
      ~w(inline manual oban requested accepted completed noop replace deep)a,
      ~w(cancelled retry snooze)a,
      ~w(enqueued processing succeeded failed cancelled)a,
      ~w(http transport timeout task_failed invalid_task_payload hydration other)a
    ]
  end

  @spec unloaded() :: no_return()
  # `nif_error` and not `raise`, from which compilers conclude that no function here returns.
  defp unloaded do
    message = :persistent_term.get(__MODULE__, "the native library is not loaded")
    :erlang.nif_error(Scrypath.NativeError.exception(message))
  end
end
