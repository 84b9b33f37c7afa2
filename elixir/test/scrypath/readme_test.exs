defmodule Scrypath.ReadmeTest do
  use ExUnit.Case, async: true

  test "the README's programs run, one after the other" do
    readme = File.read!(Path.expand("../../README.md", __DIR__))
    programs = for [_all, program] <- Regex.scan(~r/^```elixir\n(.*?)^```$/ms, readme), do: program
    # A dependency is no program.
    programs = Enum.reject(programs, &(&1 =~ "def deps"))
    assert [first, second] = programs

    {_result, bindings} = Code.eval_string(first, [], file: "README.md")
    assert [%{"title" => "Harbour lights"}] = bindings[:result].hits
    {_result, bindings} = Code.eval_string(second, bindings, file: "README.md")
    assert [_head, _claims, _signature] = String.split(bindings[:token], ".")
  end
end
