defmodule Scrypath.ReadmeTest do
  use ExUnit.Case, async: true

  @moduletag :tmp_dir

  test "the README's programs run, one after the other", %{tmp_dir: folder} do
    readme = File.read!(Path.expand("../../README.md", __DIR__))
    programs = for [_all, program] <- Regex.scan(~r/^```elixir\n(.*?)^```$/ms, readme), do: program
    # A dependency is no program.
    programs = Enum.reject(programs, &(&1 =~ "def deps"))
    assert [first, second, third] = programs

    {_result, bindings} = Code.eval_string(first, [], file: "README.md")
    assert [%{"title" => "Harbour lights"}] = bindings[:result].hits
    {_result, bindings} = Code.eval_string(second, bindings, file: "README.md")
    assert [_head, _claims, _signature] = String.split(bindings[:token], ".")

    # Its repo is one of the application's.
    Scrypath.Test.QueueDatabase.open!(folder)
    third = String.replace(third, "MyApp.Repo", "Scrypath.Test.QueueRepo")
    Code.eval_string(third, bindings, file: "README.md")
    assert [%{args: %{"document_ids" => [2]}}] = Scrypath.Test.QueueDatabase.jobs()
  end
end
