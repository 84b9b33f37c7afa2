defmodule Scrypath.FaultsTest do
  use ExUnit.Case, async: true

  alias Scrypath.Examples.Note
  alias Scrypath.Test.{SearchServer, StubServer}
  alias Scrypath.TransportError

  @no_retry [req_options: [retry: false, receive_timeout: 2000]]

  defp options(url, more \\ []), do: [backend: Scrypath.Meilisearch, meilisearch_url: url] ++ more

  test "a server answers as the embedded index does" do
    options = SearchServer.options!()

    assert {:ok, %{status: :completed}} = Scrypath.sync_record(Note, %{id: 1, title: "Tides"}, options)

    assert [%{"id" => 1, "title" => "Tides"}] = Scrypath.search!(Note, "tides", options).hits
    assert {:ok, %{document_ids: [1]}} = Scrypath.delete_document(Note, 1, options)
    assert Scrypath.search!(Note, "tides", options).hits == []
  end

  test "a wrong key is the server's refusal, and is not shown" do
    good = SearchServer.options!()
    assert {:ok, _} = Scrypath.sync_record(Note, %{id: 1, title: "Tides"}, good)
    {_key, none} = Keyword.pop!(good, :meilisearch_api_key)

    for bad <- [none ++ [meilisearch_api_key: "not-this-one"], none] do
      assert {:error, {:http_error, status, %{"code" => _} = body}} = Scrypath.search(Note, "tides", bad)

      assert status in [401, 403]
      refute inspect(body) =~ "not-this-one"

      error = assert_raise Scrypath.Search.Error, fn -> Scrypath.search!(Note, "tides", bad) end
      assert Exception.message(error) =~ "the backend answered #{status}"
    end
  end

  test "an index that does not exist is the server's to refuse" do
    assert {:error, {:http_error, 404, %{"code" => "index_not_found"}}} =
             Scrypath.search(Note, "tides", SearchServer.options!())
  end

  test "a server without a key needs none" do
    options = options(SearchServer.start!())
    assert {:ok, %{status: :completed}} = Scrypath.sync_record(Note, %{id: 1, title: "Tides"}, options)
    assert [%{"id" => 1}] = Scrypath.search!(Note, "tides", options).hits
  end

  test "a host that cannot be reached" do
    # A port that was free a moment ago, with nobody behind it.
    {:ok, listener} = :gen_tcp.listen(0, [])
    {:ok, port} = :inet.port(listener)
    :gen_tcp.close(listener)
    options = options("http://127.0.0.1:#{port}", @no_retry)

    assert {:error, {:transport_error, %TransportError{kind: :transport_error} = error}} =
             Scrypath.search(Note, "tides", options)

    assert Exception.message(error) =~ "could not be reached"

    assert {:error, {:transport_error, _}} = Scrypath.sync_record(Note, %{id: 1, title: "Tides"}, options)
  end

  test "a server that never answers runs into the deadline" do
    url = StubServer.start!(fn _request -> :silence end)
    options = options(url, req_options: [retry: false, receive_timeout: 50])

    assert {:error, {:transport_error, %TransportError{kind: :request_timeout}}} =
             Scrypath.search(Note, "tides", options)
  end

  for {what, bytes} <- [
        {"that is no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n"},
        {"that ends early", "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"}
      ] do
    test "an answer #{what} is a transport error" do
      url =
        StubServer.start!(fn _request ->
          send(self(), :close)
          unquote(bytes)
        end)

      options = options(url, req_options: [retry: false, receive_timeout: 50])

      assert {:error, {:transport_error, %TransportError{}}} = Scrypath.search(Note, "tides", options)
    end
  end

  for {what, body} <- [
        {"no JSON", "<html>Welcome</html>"},
        {"no object", "[]"},
        {"nothing", ""},
        {"numbers out of range", ~s({"hits": [], "estimatedTotalHits": 1e999})}
      ] do
    test "a body of #{what} is an http_error, whatever the status" do
      url = StubServer.start!(fn _request -> StubServer.json(unquote(body)) end)

      assert {:error, {:http_error, 200, _}} = Scrypath.search(Note, "tides", options(url, @no_retry))
    end
  end

  test "a reply that is none says which member should have been what" do
    for {body, search, words} <- [
          {~s({"hits": {}}), &Scrypath.search(Note, "tides", &1), "`hits` is not a list"},
          {~s({"hits": [7]}), &Scrypath.search(Note, "tides", &1), "`hits[0]` is not an object"},
          {~s({"facetHits": 1}), &Scrypath.search_facet_values(Note, "status", "", &1),
           "`facetHits` is not a list"},
          {~s({"hits": "x"}), &Scrypath.suggest(Note, "tides", &1), "`hits` is not a list"},
          {~s({}), &Scrypath.search_many([{Note, "tides"}], &1), "neither `results` nor `hits`"}
        ] do
      url = StubServer.start!(fn _request -> StubServer.json(body) end)
      assert {:error, {:http_error, 200, told}} = search.(options(url, @no_retry))
      assert told =~ words
    end

    url = StubServer.start!(fn _request -> StubServer.json(~s({"hits": {}})) end)

    assert_raise Scrypath.Search.Error, ~r/answered 200 with something that is no reply to a search/, fn ->
      Scrypath.search_disjunctive!(Note, "tides", options(url, @no_retry))
    end
  end

  test "keys and documents given twice by a server stay one" do
    body = ~s({"hits": [{"id": 1, "id": 2, "größe": "\\ud83d\\udea2"}], "hits_seen": null})
    url = StubServer.start!(fn _request -> StubServer.json(body) end)
    assert [%{"id" => 2, "größe" => "🚢"}] = Scrypath.search!(Note, "tides", options(url)).hits
  end

  test "a task that is none is refused with what is wrong about it" do
    url =
      StubServer.start!(fn _request ->
        StubServer.json(202, ~s({"taskUid": "x", "status": "odd"}))
      end)

    assert {:error, {:invalid_task_payload, details}} =
             Scrypath.sync_record(Note, %{id: 1, title: "Tides"}, options(url, @no_retry))

    assert details.stage == :initial
    assert details.problems == [uid: :missing_or_invalid, status: :unknown]
    assert details.payload == %{"taskUid" => "x", "status" => "odd"}
  end

  test "a task that does not end in time, fails, or is cancelled" do
    for {status, more, tag} <- [
          {"processing", "", :timeout},
          {"failed", ~s(, "error": {"code": "invalid_document_id"}), :task_failed},
          {"canceled", "", :cancelled}
        ] do
      task = fn status ->
        ~s({"taskUid": 9, "uid": 9, "status": "#{status}", "indexUid": "scrypath_note"#{more}})
      end

      url =
        StubServer.start!(fn
          "GET /tasks" <> _ -> StubServer.json(task.(status))
          "GET " <> _ -> StubServer.json(~s({"uid": "scrypath_note", "primaryKey": "id"}))
          _write -> StubServer.json(202, task.("enqueued"))
        end)

      options = options(url, @no_retry ++ [inline_timeout: 20, inline_poll_interval: 5])

      assert {:error, {^tag, task}} = Scrypath.sync_record(Note, %{id: 1, title: "Tides"}, options)

      assert task.uid == 9
      assert task.raw["taskUid"] == 9
    end
  end

  test "no document is in an error" do
    url = StubServer.start!(fn _request -> StubServer.json(500, ~s({"message": "no"})) end)

    result = Scrypath.sync_record(Note, %{id: 1, title: "a private matter"}, options(url, @no_retry))

    assert {:error, {:http_error, 500, %{"message" => "no"}}} = result
    refute inspect(result) =~ "private"
  end
end
