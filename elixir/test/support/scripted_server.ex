defmodule Scrypath.Test.ScriptedServer do
  @moduledoc false

  # A server that answers as a vector says: the nth request of a route gets the nth answer, and the last one from
  # then on; any other request gets an index that exists. It keeps what it was sent.

  alias Scrypath.Test.{JSON, StubServer}

  defstruct [:url, :seen]

  @routes ~w(search documents tasks)
  @index ~s({"uid": "scrypath_vessel", "primaryKey": "id"})

  def start!(script) do
    {:ok, seen} = Agent.start_link(fn -> %{} end)
    %__MODULE__{url: StubServer.start!(&answer(script, seen, &1)), seen: seen}
  end

  @doc "How many requests a route had."
  def count(%{seen: seen}, route), do: Agent.get(seen, &length(Map.get(&1, route, [])))

  @doc "The JSON body of the first request that was a search."
  def first_body(%{seen: seen}) do
    case Agent.get(seen, &Map.get(&1, "search", [])) do
      [] ->
        nil

      requests ->
        requests |> List.last() |> String.split("\r\n\r\n", parts: 2) |> List.last() |> JSON.decode!()
    end
  end

  defp answer(script, seen, request) do
    [_method, path, _rest] = String.split(request, " ", parts: 3)
    route = Enum.find(@routes, &(path =~ &1))

    case script[route] || [] do
      [] ->
        StubServer.json(@index)

      answers ->
        before = Agent.get_and_update(seen, &{length(Map.get(&1, route, [])), put(&1, route, request)})
        answer = Enum.at(answers, min(before, length(answers) - 1))
        StubServer.json(answer["status"] || 200, answer["text"] || JSON.encode!(answer["body"]))
    end
  end

  defp put(seen, route, request), do: Map.update(seen, route, [request], &[request | &1])
end
