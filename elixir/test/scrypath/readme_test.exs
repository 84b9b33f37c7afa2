defmodule Scrypath.ReadmeTest do
  use ExUnit.Case, async: true

  test "the README's program runs" do
    readme = File.read!(Path.expand("../../README.md", __DIR__))
    [_before, program, _rest] = String.split(readme, ~r/^```(elixir)?\n/m, parts: 3)
    assert program =~ "use Scrypath"
    assert {_result, bindings} = Code.eval_string(program, [], file: "README.md")
    assert [%{"title" => "Harbour lights"}] = bindings[:result].hits
  end
end
