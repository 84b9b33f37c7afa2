defmodule Scrypath.Schema do
  @moduledoc """
  Declares what of a record type is searchable.

      defmodule Harbor.Vessel do
        use Scrypath,
          fields: [:name, :notes, :flag],
          filterable: [:flag, :built],
          sortable: [:built],
          faceting: [attributes: [:flag]]

        defstruct [:id, :name, :notes, :flag, :built]
      end

  `use Scrypath` and `use Scrypath.Schema` are the same. The module may be an Ecto schema, a struct, or
  neither. No function is added to it but `__scrypath__/1`; everything is done by the functions of
  `Scrypath`, which take the module.

  ## Options

    * `:fields` - the fields of a document (list of atoms, required, at least one)
    * `:filterable` - fields that `filter:` may name (list of atoms, `[]`)
    * `:sortable` - fields that `sort:` may name (list of atoms, `[]`)
    * `:faceting` - facets (keyword list, `[]`: off)
      * `:attributes` - the facets; each must be filterable (list of atoms)
      * `:max_values_per_facet` - at most so many values of each (positive integer, `100`)
      * `:sort_facet_values_by` - the order of a facet's values (map or keyword list, each `:alpha` or
        `:count`, `%{}`)
      * `:nested_facet_paths` - allows attributes like `:"area.lvl0"` (boolean, `false`)
      * `:hierarchy` - `[base: :area, depth: 2]` stands for `:"area.lvl0", :"area.lvl1"`
    * `:settings` - settings of the index (map, `%{}`): `:synonyms`, `:typo_tolerance`, `:ranking_rules`,
      `:distinct_attribute`, `:stop_words`, `:searchable_attributes`, `:sortable_attributes`,
      `:filterable_attributes`, `:displayed_attributes`; others are passed on as they are
    * `:document_id` - the field that holds the document id (atom, `:id`)
    * `:index_prefix` - the prefix of the index name (string or nil, `nil`: `"scrypath"`)
    * `:tenant_field` - the field that `tenant_scope:` restricts (atom or nil, `nil`); it is added to
      `:fields` and `:filterable` where missing
    * `:fan_outs` - related schemas to sync (keyword list of `[target: Module, resolver: {m, f, a}]`)
    * `:backend` - kept and reflected (module or nil)

  Options are checked while the module compiles: what is wrong is an `ArgumentError` at compile time.
  They must be literals. Module aliases are resolved under `:backend` and `:fan_outs`; sigils and module
  attributes are refused.

  ## A declaration shared with other languages

      use Scrypath, from: "priv/search/vessel.json"

  reads the JSON form, as `Scrypath.schema_json/1` and its Python and Node counterparts write it. The
  path is relative to the project; the module is compiled again when the file changes.

  ## Hooks

    * `search_document(record)` - if the module has it, its map is the document. The id is its `:id` or
      `"id"`, else the record's document id.
    * `search_document_id(record)` - if the module has it, deletes use its result as the document id.
      A module that has one of the two usually needs the other.
  """

  alias Scrypath.Schema.{Declaration, Literal}

  @typedoc "A module that uses Scrypath."
  @type t :: module()

  @keys [
    :fields,
    :filterable,
    :sortable,
    :faceting,
    :settings,
    :document_id,
    :document_source,
    :backend,
    :tenant_field,
    :fan_outs
  ]

  defmacro __using__(options) do
    {declaration, file} = declare!(options, __CALLER__)
    Enum.each(declaration.warnings, &warn(&1, __CALLER__))

    quote do
      unquote(file && quote(do: @external_resource(unquote(file))))

      @doc false
      def __scrypath__(key) do
        Scrypath.Schema.reflect(unquote(Macro.escape(Map.delete(declaration, :warnings))), key)
      end
    end
  end

  defp declare!([from: path], _env) when is_binary(path) do
    path = Path.expand(path)

    case File.read(path) do
      {:ok, json} ->
        {Declaration.load!(json), path}

      {:error, reason} ->
        raise ArgumentError, "cannot read #{path}: #{:file.format_error(reason)}"
    end
  end

  defp declare!(options, env) do
    if Keyword.keyword?(options) and Keyword.has_key?(options, :from) do
      raise ArgumentError, "from: takes the path of a declaration, and stands alone"
    end

    {Declaration.declare!(Atom.to_string(env.module), Literal.read!(options, env)), nil}
  end

  defp warn(text, env) do
    IO.puts(
      :stderr,
      "#{Path.relative_to_cwd(env.file)}:#{env.line}: #{inspect(env.module)}: #{text}"
    )
  end

  @doc false
  def reflect(declaration, key)
  def reflect(%{config: config}, :config), do: config
  def reflect(%{json: json}, :json), do: json
  def reflect(%{fingerprint: fingerprint}, :fingerprint), do: fingerprint
  def reflect(%{config: config}, key) when key in @keys, do: Map.fetch!(config, key)

  def reflect(_declaration, key) do
    raise ArgumentError,
          "unknown Scrypath metadata key #{inspect(key)}, known: #{inspect([:config, :json, :fingerprint | @keys])}"
  end

  @doc false
  @spec json!(module()) :: String.t()
  def json!(module) when is_atom(module) do
    if Code.ensure_loaded?(module) and function_exported?(module, :__scrypath__, 1) do
      module.__scrypath__(:json)
    else
      raise ArgumentError, "#{inspect(module)} is not searchable: it does not `use Scrypath`"
    end
  end

  def json!(_other), do: raise(ArgumentError, "a schema is a module that uses Scrypath")
end
