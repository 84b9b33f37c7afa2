defmodule Scrypath.TelemetryTest do
  use ExUnit.Case, async: false

  alias Scrypath.Examples.{Dock, Quay, Vessel}
  alias Scrypath.Test.Database

  @uid "ac5cd97d-5a4b-4226-a868-2d0eb6d197ab"

  @spans [
    [:scrypath, :search],
    [:scrypath, :hydration],
    [:scrypath, :sync, :upsert],
    [:scrypath, :sync, :delete],
    [:scrypath, :sync, :related],
    [:scrypath, :sync, :related, :resolve],
    [:scrypath, :meilisearch, :request],
    [:scrypath, :meilisearch, :task_wait]
  ]

  defmodule Buoy do
    use Scrypath,
      fields: [:id],
      fan_outs: [berths: [target: Scrypath.Examples.Berth, resolver: {__MODULE__, :berths, []}]]

    def berths(_ids), do: raise("no berths")
  end

  setup context do
    test = self()
    events = for span <- @spans, phase <- [:start, :stop, :exception], do: span ++ [phase]

    :telemetry.attach_many(context.test, events, &__MODULE__.tell/4, test)
    on_exit(fn -> :telemetry.detach(context.test) end)
    url = "memory:telemetry_test_#{context.line}"
    %{options: [backend: Scrypath.Meilisearch, meilisearch_url: url]}
  end

  # Handlers run in the process that made the call.
  def tell(event, measurements, metadata, test) do
    if self() == test, do: send(test, {event, measurements, metadata})
  end

  defp events do
    receive do
      {[:scrypath | _] = event, measurements, metadata} ->
        [{event, measurements, metadata} | events()]
    after
      0 -> []
    end
  end

  defp named(events, name), do: Enum.filter(events, fn {event, _, _} -> event == name end)

  test "a write is one span, and its request and its wait are inside", %{options: options} do
    before = System.monotonic_time()

    {:ok, result} = Scrypath.sync_record(Vessel, %{id: 1, name: "", flag: "", kind: "", built: 1}, options)

    events = events()

    assert [{_, start, metadata}] = named(events, [:scrypath, :sync, :upsert, :start])

    assert %{schema: Vessel, backend: :meilisearch, index: "scrypath_vessel", sync_mode: :inline} = metadata

    assert metadata.document_count == 1
    assert start.monotonic_time >= before
    assert start.monotonic_time <= System.monotonic_time()
    assert is_integer(start.system_time)

    assert [{_, stop, stopped}] = named(events, [:scrypath, :sync, :upsert, :stop])
    assert %{status: :completed, mode: :inline, schema: Vessel} = stopped
    assert stopped.telemetry_span_context == metadata.telemetry_span_context
    assert stop.duration >= 0
    assert stop.monotonic_time - stop.duration == start.monotonic_time

    assert [_ | _] = named(events, [:scrypath, :meilisearch, :request, :stop])
    assert [{_, _, waited}] = named(events, [:scrypath, :meilisearch, :task_wait, :stop])
    assert %{task_uid: uid, final_status: :succeeded} = waited
    assert uid == result.task.uid
  end

  test "hydration is a span inside the search's", %{options: options} do
    Database.open!()

    tug = Database.insert(struct!(Vessel, id: 1, name: "Tug", flag: "NO", kind: "tug", built: 1990))

    gone = struct!(Vessel, id: 2, name: "Tug", flag: "NO", kind: "tug", built: 1990)
    {:ok, _} = Scrypath.sync_records(Vessel, [tug, gone], options)
    events()

    Scrypath.search!(Vessel, "tug", options ++ [repo: Database])
    events = events()

    names =
      for {name, _, _} <- events,
          name not in [
            [:scrypath, :meilisearch, :request, :start],
            [:scrypath, :meilisearch, :request, :stop]
          ],
          do: name

    assert names == [
             [:scrypath, :search, :start],
             [:scrypath, :hydration, :start],
             [:scrypath, :hydration, :stop],
             [:scrypath, :search, :stop]
           ]

    assert [{_, _, started}] = named(events, [:scrypath, :search, :start])
    assert [{_, _, stopped}] = named(events, [:scrypath, :search, :stop])

    assert %{hit_count: 2, record_count: 1, missing_count: 1, schema: Vessel, repo: Database} = stopped

    assert stopped.telemetry_span_context == started.telemetry_span_context
  end

  test "a suggestion is a search of its own scope, and so is a search within a facet", %{options: options} do
    {:ok, _} = Scrypath.sync_record(Vessel, %{id: 1, name: "Tug", flag: "", kind: "tug", built: 1}, options)
    events()

    {:ok, [_suggestion]} = Scrypath.suggest(Vessel, "tu", options)
    suggested = events()

    assert [{_, _, %{schema: Vessel, search_scope: :suggest}}] =
             named(suggested, [:scrypath, :search, :start])

    assert [{_, %{duration: _}, %{search_scope: :suggest, hit_count: 1, record_count: 0, missing_count: 0}}] =
             named(suggested, [:scrypath, :search, :stop])

    assert [_] = named(suggested, [:scrypath, :meilisearch, :request, :stop])

    {:ok, _} = Scrypath.search_within_facet(Vessel, "tug", {:kind, "tug"}, options)

    assert [{_, _, %{search_scope: :within_facet, scoped_facet: :kind}}] =
             named(events(), [:scrypath, :search, :start])

    {:ok, []} = Scrypath.suggest(Vessel, "  ", options)
    {:ok, _token} = Scrypath.tenant_token(Quay, "north", [api_key: "k", api_key_uid: @uid] ++ options)
    assert events() == []

    assert {:error, _} = Scrypath.suggest(Vessel, "tu", options ++ [index_prefix: "nowhere"])

    assert [{_, _, %{search_scope: :suggest, error_kind: :http}}] =
             named(events(), [:scrypath, :search, :stop])
  end

  test "an error is told by kind", %{options: options} do
    assert {:error, _} = Scrypath.search(Vessel, "tug", options ++ [index_prefix: "nowhere"])
    assert [{_, _, %{error_kind: :http}}] = named(events(), [:scrypath, :search, :stop])
  end

  test "a call that is wrong emits nothing", %{options: options} do
    assert_raise ArgumentError, fn ->
      Scrypath.search(Vessel, "tug", options ++ [filter: [crew: 1]])
    end

    assert events() == []
  end

  test "an enqueued write is a span that ends when its row is made", %{options: options} do
    connection = {:sqlite, fn _sql, _parameters -> [[412]] end}
    options = options ++ [sync_mode: :oban, oban_queue: :search, connection: connection]
    vessel = %{id: 1, name: "", flag: "", kind: "", built: 1}

    for {name, enqueue} <- [
          {[:scrypath, :sync, :upsert], fn -> Scrypath.sync_records(Vessel, [vessel], options) end},
          {[:scrypath, :sync, :delete], fn -> Scrypath.delete_document(Vessel, 1, options) end},
          {[:scrypath, :sync, :delete], fn -> Scrypath.delete_record(Vessel, vessel, options) end},
          {[:scrypath, :sync, :related],
           fn -> Scrypath.sync_related(Dock, %{id: 1}, [fan_out: :berths] ++ options) end}
        ] do
      assert {:ok, %{status: :accepted}} = enqueue.()
      assert [{start, %{system_time: _}, started}, {stop, %{duration: _}, stopped}] = events()
      assert {start, stop} == {name ++ [:start], name ++ [:stop]}
      assert %{backend: :meilisearch, sync_mode: :oban, document_count: 1} = started
      # Of related sync there is no index yet.
      assert Map.get(started, :index) ==
               if(name == [:scrypath, :sync, :related], do: nil, else: "scrypath_vessel")

      assert started.schema in [Vessel, Dock]
      assert %{status: :requested, mode: :oban, document_count: 1} = stopped
      assert stopped.telemetry_span_context == started.telemetry_span_context
    end

    assert {:ok, %{status: :noop}} = Scrypath.sync_records(Vessel, [], options)
    assert [_start, {_, _, %{status: :noop, document_count: 0}}] = events()
  end

  test "a resolver that is called now is a span of its own, and the write follows", %{options: options} do
    assert {:ok, _} = Scrypath.sync_related(Dock, [%{id: 1}, %{id: 2}], [fan_out: :berths] ++ options)
    events = events()

    assert [
             [:scrypath, :sync, :related, :resolve, :start],
             [:scrypath, :sync, :related, :resolve, :stop] | after_it
           ] = for({name, _, _} <- events, do: name)

    assert [:scrypath, :sync, :upsert, :start] in after_it
    assert [{_, _, started}] = named(events, [:scrypath, :sync, :related, :resolve, :start])

    assert %{schema: Dock, fan_out: :berths, sync_mode: :inline, index: "scrypath_dock", document_count: 2} =
             started

    assert [{_, %{duration: _}, stopped}] = named(events, [:scrypath, :sync, :related, :resolve, :stop])
    assert %{document_count: 4, fan_out: :berths} = stopped
  end

  test "a resolver that raises is an exception, with what it raised", %{options: options} do
    assert_raise RuntimeError, "no berths", fn ->
      Scrypath.sync_related(Buoy, [%{id: 1}], [fan_out: :berths] ++ options)
    end

    assert [{_, %{system_time: _}, started}, {event, %{duration: _}, raised}] = events()
    assert event == [:scrypath, :sync, :related, :resolve, :exception]
    assert %{schema: Buoy, fan_out: :berths, document_count: 1, error_kind: :resolver} = raised
    assert %{kind: :error, reason: %RuntimeError{}, stacktrace: [{Buoy, :berths, 1, _} | _]} = raised
    assert raised.telemetry_span_context == started.telemetry_span_context
  end
end
