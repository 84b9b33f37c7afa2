defmodule Scrypath.NativeTest do
  # What a package without its library says can only be seen in a VM that has not loaded it.
  use ExUnit.Case, async: true

  @moduletag :tmp_dir

  @library "priv/native/scrypath_elixir.so"
  @call "IO.inspect(Scrypath.Config.resolve!(backend: Scrypath.Meilisearch)[:sync_mode])"

  # A copy of the compiled package, with or without its library.
  setup %{tmp_dir: folder} = context do
    package = Path.join(folder, "scrypath")
    File.mkdir_p!(Path.join(package, "priv/native"))
    File.cp_r!(Application.app_dir(:scrypath, "ebin"), Path.join(package, "ebin"))

    unless context[:without_library] do
      File.cp!(Application.app_dir(:scrypath, @library), Path.join(package, @library))
    end

    %{ebin: Path.join(package, "ebin")}
  end

  defp run(ebin, code) do
    elixir = System.find_executable("elixir")
    {output, _status} = System.cmd(elixir, ["-pa", ebin, "-e", code], stderr_to_stdout: true)
    output
  end

  test "with its library, it answers", %{ebin: ebin} do
    assert run(ebin, @call) =~ ":inline"
  end

  test "the core's own words are atoms in a VM that has met none of them", %{ebin: ebin} do
    output =
      run(ebin, ~S"""
      defmodule :telemetry do
        def execute(event, _measurements, metadata), do: IO.inspect({List.last(event), metadata[:search_scope]})
      end

      Process.register(spawn(fn -> Process.sleep(:infinity) end), :telemetry_sup)

      defmodule Note do
        use Scrypath, fields: [:title, :status], filterable: [:status], faceting: [attributes: [:status]]
      end

      options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:"]
      {:ok, _} = Scrypath.sync_record(Note, %{id: 1, title: "Tides", status: "new"}, options)
      {:ok, _} = Scrypath.suggest(Note, "tides", options)
      {:ok, _} = Scrypath.search_within_facet(Note, "tides", {:status, "new"}, options)
      IO.inspect(Scrypath.schema_capabilities(Note).limits.per_query_keys)
      """)

    assert output =~ "{:stop, :suggest}"
    assert output =~ "{:stop, :within_facet}"
    assert output =~ "[:ranking_score_threshold, :show_ranking_score, :show_ranking_score_details]"
  end

  @tag :without_library
  test "without its library, it says what to do", %{ebin: ebin} do
    output = run(ebin, @call)
    assert output =~ "(Scrypath.NativeError) Scrypath's native library could not be loaded"
    assert output =~ "mix deps.compile scrypath --force"
  end

  test "with a library of another version, it says so", %{ebin: ebin} do
    File.rm!(Path.join(ebin, "Elixir.Scrypath.Native.beam"))
    source = Path.expand("../../lib/scrypath/native.ex", __DIR__)

    compile = """
    #{inspect(source)}
    |> File.read!()
    |> String.replace("Mix.Project.config()[:version]", ~s("9.9.9"))
    |> Code.compile_string()
    """

    output = run(ebin, compile <> @call)
    assert output =~ "is of another version than this package (9.9.9)"
    assert output =~ "mix deps.compile scrypath --force"
  end

  test "package and core have one version" do
    cargo = File.read!(Path.expand("../../../Cargo.toml", __DIR__))
    [_, version] = Regex.run(~r/\[workspace\.package\]\nversion = "(.+)"/, cargo)
    assert to_string(Application.spec(:scrypath, :vsn)) == version
  end
end
