defmodule Scrypath.VectorsTest do
  use ExUnit.Case, async: false

  alias Scrypath.Test.VectorCase

  @moduletag :vectors
  :persistent_term.put(__MODULE__, :counters.new(1, []))

  # `mix vectors` prints how many passed; the suites of the other languages must have run as many.
  ExUnit.after_suite(fn %{failures: failures} ->
    passed = :counters.get(:persistent_term.get(__MODULE__), 1)
    if failures == 0 and passed > 0, do: IO.puts("elixir #{passed} passed")
  end)

  for {name, given} <- VectorCase.all() do
    @given given
    test name do
      VectorCase.check(@given)
      :counters.add(:persistent_term.get(__MODULE__), 1, 1)
    end
  end
end
