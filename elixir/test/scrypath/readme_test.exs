defmodule Scrypath.ReadmeTest do
  use ExUnit.Case, async: true

  @moduletag :tmp_dir

  test "the README's programs run, one after the other", %{tmp_dir: folder} do
    readme = File.read!(Path.expand("../../README.md", __DIR__))
    programs = for [_all, program] <- Regex.scan(~r/^```elixir\n(.*?)^```$/ms, readme), do: program
    # A dependency is no program.
    programs = Enum.reject(programs, &(&1 =~ "def deps"))
    assert [first, second | in_a_database] = programs

    {_result, bindings} = Code.eval_string(first, [], file: "README.md")
    assert [%{"title" => "Harbour lights"}] = bindings[:result].hits
    {_result, bindings} = Code.eval_string(second, bindings, file: "README.md")
    assert [_head, _claims, _signature] = String.split(bindings[:token], ".")

    # Its repo is one of the application's.
    Scrypath.Test.QueueDatabase.open!(folder)

    bindings =
      for program <- in_a_database, reduce: bindings do
        bindings ->
          program = String.replace(program, "MyApp.Repo", "Scrypath.Test.QueueRepo")
          {_result, bindings} = Code.eval_string(program, bindings, file: "README.md")
          bindings
      end

    assert %{start: {Scrypath.Worker, :start_link, [_options]}} =
             Supervisor.child_spec(List.last(bindings[:children]), [])

    assert [
             %{args: %{"document_ids" => [2]}},
             %{args: %{"fan_out" => "berths"}},
             %{args: %{"document_ids" => [3]}}
           ] = Scrypath.Test.QueueDatabase.jobs()
  end
end
