defmodule Scrypath.Test.Eventually do
  @moduledoc false

  # What another process brings about, and does not tell.

  import ExUnit.Assertions

  @patience 30_000

  @doc "Looks again until it holds, and gives what it gave; the deadline is of a test that fails."
  def until(holds, deadline \\ System.monotonic_time(:millisecond) + @patience) do
    cond do
      found = holds.() -> found
      System.monotonic_time(:millisecond) > deadline -> flunk("it never came to hold")
      true -> receive(after: (10 -> until(holds, deadline)))
    end
  end
end
