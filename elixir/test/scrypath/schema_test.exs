defmodule Scrypath.SchemaTest do
  use ExUnit.Case, async: true

  import ExUnit.CaptureIO

  alias Scrypath.Examples.{Berth, Note, Vessel}

  # Compiles `use Scrypath, <source>` as an author would write it.
  defp declare(source) do
    name = "Scrypath.SchemaTest.Declared#{System.unique_integer([:positive])}"

    [{module, _beam}] = Code.compile_string("defmodule #{name} do\n  use Scrypath, #{source}\nend")

    module
  end

  test "the smallest declaration reflects every key of the configuration" do
    assert Scrypath.schema_config(declare("fields: [:name]")) == %{
             fields: [:name],
             filterable: [],
             faceting: [],
             sortable: [],
             settings: %{__unrecognized__: %{}},
             document_id: :id,
             index_prefix: nil,
             fan_outs: [],
             backend: nil,
             tenant_field: nil,
             document_source: :fields
           }
  end

  test "options are checked without a module too" do
    assert {:ok, config} = Scrypath.validate_schema(fields: [:name], filterable: [:flag])
    assert config == Scrypath.schema_config(declare("fields: [:name], filterable: [:flag]"))
    assert {:error, %ArgumentError{message: message}} = Scrypath.validate_schema(fields: [:name], colour: 1)
    assert message =~ ":colour"
  end

  test "use Scrypath and use Scrypath.Schema are the same" do
    [{module, _beam}] =
      Code.compile_string("""
      defmodule Scrypath.SchemaTest.ByModule.Note do
        use Scrypath.Schema, fields: [:title], filterable: [:status]
      end
      """)

    assert Scrypath.fingerprint(module) == Scrypath.fingerprint(Note)
  end

  test "each key is reflected, and an unknown one refused by name" do
    assert Scrypath.schema_fields(Vessel) == [:id, :name, :flag, :kind, :built]
    assert Vessel.__scrypath__(:sortable) == [:built, :name]
    assert Scrypath.document_id_field(Vessel) == :id
    assert Scrypath.schema_settings(Vessel) == %{__unrecognized__: %{}}

    assert Scrypath.schema_faceting(Vessel) == [
             attributes: [:kind, :flag],
             max_values_per_facet: 100,
             sort_facet_values_by: %{},
             nested_facet_paths: false
           ]

    assert_raise ArgumentError, ~r/unknown Scrypath metadata key :index_prefix/, fn ->
      Vessel.__scrypath__(:index_prefix)
    end
  end

  test "a hook makes the document's source custom, but not the stored one" do
    assert Scrypath.document_source(Berth) == :custom
    assert Scrypath.schema_config(Berth).document_source == :fields
    assert Scrypath.document_source(Note) == :fields
  end

  test "nothing is generated on the schema but its reflection" do
    module = declare("fields: [:name]")
    assert module.__info__(:functions) == [__scrypath__: 1]
  end

  test "module aliases are resolved under backend and fan_outs" do
    module =
      declare("""
      fields: [:name],
      backend: Scrypath.Meilisearch,
      fan_outs: [berths: [target: Scrypath.Examples.Berth, resolver: {Scrypath.Examples.Berth, :of, [1, "a"]}]]
      """)

    config = Scrypath.schema_config(module)
    assert config.backend == Scrypath.Meilisearch
    assert config.fan_outs == [berths: [target: Berth, resolver: {Berth, :of, [1, "a"]}]]
  end

  test "literal maps and keyword lists are read under settings and faceting" do
    module =
      declare("""
      fields: [:name],
      filterable: [:kind],
      faceting: [attributes: [:kind], sort_facet_values_by: %{kind: :count}],
      settings: %{"pagination" => %{"maxTotalHits" => 500}, typo_tolerance: [enabled: false]}
      """)

    assert Scrypath.schema_faceting(module)[:sort_facet_values_by] == %{kind: :count}

    assert Scrypath.schema_settings(module) == %{
             typo_tolerance: [enabled: false],
             __unrecognized__: %{"pagination" => %{"maxTotalHits" => 500}}
           }

    assert Scrypath.Meilisearch.wire_settings(module)["typoTolerance"] == %{"enabled" => false}
  end

  for {source, message} <- [
        {"fields: ~w(a b)a", "invalid value for :fields option: expected a literal, got: ~w(a b)a"},
        {"fields: @fields", "expected a literal, got: @fields"},
        {"fields: [:a], filterable: fields()", "invalid value for :filterable option"},
        {"fields: [Scrypath.Examples.Note]", "invalid value for :fields option"},
        {"@options", "must be a literal keyword list, got: @options"},
        {"fields: [:a], mystery: 1", "unknown options [:mystery], valid options are"},
        {"fields: [:a], fields: [:b]", "unknown options [:fields], valid options are"},
        {"fields: [:a], sortable: [:a], sortable: [:a]", "; given more than once: [:sortable]"},
        {"filterable: [:a]", "required :fields option not found, received options: [:filterable]"},
        {"fields: []", "fields must contain"},
        {"fields: [:a, 7]", "invalid value for list element at position 1: expected atom, got: 7"},
        {"from: \"a.json\", fields: [:a]", "from: takes the path of a declaration, and stands alone"},
        {"from: \"nowhere.json\"", "nowhere.json: no such file or directory"}
      ] do
    test "a declaration of #{source} does not compile" do
      assert_raise ArgumentError, ~r/#{Regex.escape(unquote(message))}/, fn ->
        declare(unquote(source))
      end
    end
  end

  test "notices name the module, and go to standard error" do
    notice = capture_io(:stderr, fn -> declare("fields: [:name], tenant_field: :org_id") end)

    assert notice =~
             ~r/nofile:2: Scrypath.SchemaTest.Declared\d+: tenant_field :org_id is not listed in fields/

    assert notice =~ "auto-added"
  end

  describe "the JSON form" do
    @describetag :tmp_dir

    test "declares the same schema again", %{tmp_dir: folder} do
      path = Path.join(folder, "vessel.json")
      File.write!(path, Scrypath.schema_json(Vessel))
      module = declare("from: #{inspect(path)}")

      assert Scrypath.fingerprint(module) == Scrypath.fingerprint(Vessel)
      assert Scrypath.schema_config(module) == Scrypath.schema_config(Vessel)
      assert Scrypath.Meilisearch.index_name(module) == "scrypath_vessel"
    end

    test "may hold names that are no atoms yet", %{tmp_dir: folder} do
      field = "field_#{System.unique_integer([:positive])}_of_a_file"
      path = Path.join(folder, "strange.json")

      File.write!(path, """
      {"scrypath": 1, "name": "strange", "fields": ["#{field}"], "filterable": ["#{field}_too"],
       "faceting": {"attributes": ["#{field}_too"]}, "document_id": "#{field}_id"}
      """)

      config = Scrypath.schema_config(declare("from: #{inspect(path)}"))
      assert [name] = config.fields
      assert is_atom(name) and Atom.to_string(name) == field
      assert Enum.all?([config.document_id | config.faceting[:attributes]], &is_atom/1)
    end

    test "is refused where it is none", %{tmp_dir: folder} do
      path = Path.join(folder, "broken.json")
      File.write!(path, "{\"scrypath\": 1,")

      assert_raise ArgumentError, ~r/the declaration cannot be read/, fn ->
        declare("from: #{inspect(path)}")
      end
    end
  end

  test "a module that declares nothing is refused by name" do
    for call <- [
          fn -> Scrypath.search(String, "tug", backend: Scrypath.Meilisearch) end,
          fn -> Scrypath.sync_record(String, %{id: 1}, backend: Scrypath.Meilisearch) end,
          fn -> Scrypath.schema_json(NoSuchModule) end
        ] do
      assert_raise ArgumentError,
                   ~r/(String|NoSuchModule) is not searchable: it does not `use Scrypath`/,
                   call
    end
  end
end
