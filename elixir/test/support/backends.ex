defmodule Scrypath.Test.Backends do
  @moduledoc false

  # Tests that hold over every transport: the index in this VM, and a server.
  #
  #     setup_all do
  #       Backends.all!(__MODULE__, fn options -> {:ok, _} = Scrypath.sync_records(Vessel, @fleet, options) end)
  #     end
  #
  #     over_each "finds", options do
  #       assert Scrypath.search!(Vessel, "tug", options).hits != []
  #     end

  alias Scrypath.Test.SearchServer

  @doc "The options of each, once `prepare` has run with them."
  def all!(module, prepare) do
    memory = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:#{inspect(module)}"]
    backends = %{memory: memory, server: SearchServer.options!()}
    for {_name, options} <- backends, do: prepare.(options)
    backends
  end

  defmacro over_each(name, options, do: body) do
    for backend <- [:memory, :server] do
      quote do
        test "#{unquote(name)}, over #{unquote(backend)}", context do
          unquote(options) = Map.fetch!(context, unquote(backend))
          unquote(body)
        end
      end
    end
  end
end
