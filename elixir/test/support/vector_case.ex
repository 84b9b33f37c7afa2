defmodule Scrypath.Test.VectorCase do
  @moduledoc false

  # One case of tests/vectors, in Elixir's terms. The README there says what each of its words means.

  import ExUnit.Assertions
  import ExUnit.CaptureIO

  alias Scrypath.Test.{EdgeCase, JSON, Refusal, ServedCase}

  @edge EdgeCase.operations()
  @served ServedCase.operations()
  @folder Path.expand("../../../tests/vectors", __DIR__)

  def all do
    for file <- @folder |> Path.join("*.json") |> Path.wildcard() |> Enum.sort(),
        {:object, [_about, {"cases", cases}]} = file |> File.read!() |> JSON.decode_in_order!(),
        {given, at} <- Enum.with_index(cases) do
      given = given(given)
      {"#{Path.basename(file, ".json")} #{at}: #{given["name"]}", given}
    end
  end

  # Options keep their order: that of a keyword list counts.
  defp given({:object, members}) do
    Map.new(members, fn
      {"schema", schema} -> {"schema", schema}
      {"input", {:object, input}} -> {"input", Map.new(input, &input/1)}
      {key, value} -> {key, JSON.plain(value)}
    end)
  end

  @ordered ~w(options fragments criteria entries shared composed params port tenant)
  defp input({name, value}) when name in @ordered, do: {name, value}
  defp input({key, value}), do: {key, JSON.plain(value)}

  def check(%{"expect" => nothing}) when nothing == %{},
    do: flunk("a case that expects nothing proves nothing")

  def check(%{"expect" => %{"error" => expected}} = given) do
    refusal = Refusal.of(fn -> carry_out(given) end)
    sent(given)
    assert refusal, "accepted"
    assert refusal.kind in [nil, expected["kind"]], "refused as #{refusal.kind}: #{refusal.text}"
    if expected["issues"], do: assert(refusal.issues == expected["issues"])
    if expected["reason"], do: assert(json(refusal.reason) == expected["reason"])

    for fragment <- expected["contains"] || [],
        Refusal.says?(refusal.kind, fragment),
        do: assert(refusal.text =~ fragment)
  end

  def check(given) do
    got = carry_out(given)
    assert is_map(got), "refused: #{inspect(got)}"
    got = json(got)
    sent(given)

    for {member, expected} <- given["expect"], member != "sent" do
      assert among(member, expected, got[member]) == expected, "#{member}: #{inspect(got[member])}"
    end
  end

  # Of these, the members that are expected; everything else is expected whole.
  @in_part ~w(form query summary result task row args)

  defp among(member, %{} = expected, %{} = got) when member in @in_part, do: Map.take(got, Map.keys(expected))
  defp among(_member, _expected, got), do: got

  defp sent(given) do
    for {route, count} <- given["expect"]["sent"] || %{},
        do: assert(ServedCase.sent(route) == count, "sent to #{route}")
  end

  defp carry_out(%{"operation" => "declare", "input" => input, "expect" => expect}) do
    name = Map.get(input, "name", "Vessel")
    notices = fn -> send(self(), {:schema, schema(input["options"], name)}) end
    warnings = :stderr |> capture_io(notices) |> String.split("\n", trim: true)
    assert_received {:schema, schema}
    json = Scrypath.schema_json(schema)

    for {fragments, warning} <- Enum.zip(expect["warnings"] || [], warnings),
        fragment <- fragments do
      assert warning =~ fragment
    end

    warnings =
      if length(expect["warnings"] || []) == length(warnings),
        do: expect["warnings"],
        else: warnings

    %{form: JSON.decode!(json), fingerprint: Scrypath.fingerprint(schema), warnings: warnings}
  end

  defp carry_out(%{"operation" => "options", "input" => %{"options" => options}}) do
    case Scrypath.validate_options(with_backend(options(options))) do
      {:ok, summary} -> %{summary: summary}
      {:error, error} -> raise error
    end
  end

  defp carry_out(%{
         "operation" => "merge_distributions",
         "input" => %{"main" => main, "overrides" => overrides}
       }) do
    %{gives: Scrypath.Facets.Disjunctive.merge_distributions(main, overrides)}
  end

  defp carry_out(%{"operation" => operation, "input" => input} = given)
       when operation in @edge and not is_map_key(given, "schema"),
       do: EdgeCase.operate(operation, nil, input)

  defp carry_out(%{"operation" => operation, "schema" => options, "input" => input}) do
    options = if options == {:object, [{"$vessel", true}]}, do: vessel(), else: options
    hook = Map.has_key?(input, "hook")
    if hook, do: Process.put(:hook, host(input["hook"]))
    operate(operation, schema(options, "Vessel", hook), input)
  end

  defp operate(operation, schema, input) when operation in @edge,
    do: EdgeCase.operate(operation, schema, input)

  defp operate(operation, schema, input) when operation in @served,
    do: ServedCase.operate(operation, schema, input)

  defp operate("document", schema, %{"record" => record}) do
    # By string keys and by atom keys.
    document = Scrypath.Projection.document(schema, host(record))
    record = host(record)

    if is_map(record),
      do: assert(Scrypath.Projection.document(schema, symbolic(record)) == document)

    Map.from_struct(document)
  end

  defp operate("document_id", schema, %{"record" => record}) do
    id = Scrypath.Identity.document_id(schema, host(record))
    assert Scrypath.Identity.document_id(schema, symbolic(host(record))) == id
    %{id: id}
  end

  defp operate("search", schema, input) do
    text = Map.get(input, "text", "tug")
    given = with_backend(options(Map.get(input, "options", {:object, []})))

    with {:ok, %{query: query, request: request}} <- Scrypath.explain(schema, text, given) do
      %{body: request.body, path: request.path, query: Map.from_struct(query)}
    end
  end

  defp operate("index_name", schema, %{"options" => options}) do
    %{name: Scrypath.Meilisearch.index_name(schema, options(options))}
  end

  defp operate("wire_settings", schema, _input) do
    %{settings: Scrypath.Meilisearch.wire_settings(schema)}
  end

  defp operate("tenant_token", schema, %{"tenant" => tenant, "options" => options}) do
    token = Scrypath.tenant_token!(schema, filter(tenant), with_backend(options(options)))
    assert Scrypath.tenant_token([schema], filter(tenant), with_backend(options(options))) == {:ok, token}
    [_head, claims, _signature] = String.split(token, ".")
    %{claims: claims |> Base.url_decode64!(padding: false) |> JSON.decode!()}
  end

  defp operate("enqueue", schema, %{"verb" => verb, "options" => options} = input) do
    insert = fn _sql, [queue, worker, args, max_attempts] ->
      send(self(), {:row, %{worker: worker, queue: queue, max_attempts: max_attempts}, JSON.decode!(args)})
      [[1]]
    end

    options = with_backend([{:connection, {:sqlite, insert}} | options(options)])
    records = host(input["records"] || [])

    written =
      case verb do
        "sync_records" -> Scrypath.sync_records(schema, records, options)
        "delete_documents" -> Scrypath.delete_documents(schema, host(input["ids"]), options)
        "delete_record" -> Scrypath.delete_record(schema, hd(records), options)
      end

    with {:ok, result} <- written do
      {row, args} =
        receive do
          {:row, row, args} -> {row, args}
        after
          0 -> {nil, %{}}
        end

      %{row: row, args: args, members: args |> Map.keys() |> Enum.sort(), result: result}
    end
  end

  @doc false
  def with_backend(options) when is_list(options),
    do: [{:backend, Scrypath.Meilisearch} | options]

  def with_backend(options), do: options

  defp vessel,
    do: @folder |> Path.join("vessel.schema") |> File.read!() |> JSON.decode_in_order!()

  @doc false
  def schema(options, name, hook \\ false) do
    module = Module.concat([__MODULE__, "Case#{System.unique_integer([:positive])}", name])

    body =
      quote do
        use Scrypath, unquote(Macro.escape(options(options)))
        if unquote(hook), do: def(search_document(_record), do: Process.get(:hook))
      end

    {:module, ^module, _binary, _result} = Module.create(module, body, file: "vector.ex", line: 1)
    module
  end

  ## Values

  @lists_of_names ~w(fields filterable sortable facets attributes)
  @names ~w(document_id tenant_field sync_mode settings_merge oban_queue base field)
  @keywords ~w(faceting hierarchy page per_query req_options)
  @maps_of_names ~w(sort sort_facet_values_by)
  @filters ~w(filter facet_filter tenant_scope)

  @doc false
  # An object in the position of options is a keyword list.
  def options(given),
    do: pairs(given, fn {key, value} -> {String.to_atom(key), option(key, value)} end)

  @doc false
  def option(key, value) when key in @lists_of_names and is_list(value),
    do: Enum.map(value, &name/1)

  def option(key, value) when key in @names, do: name(value)
  def option(key, value) when key in @keywords, do: options(value)
  def option(key, value) when key in @filters, do: filter(value)
  def option("settings", value), do: host(value)

  def option(key, value) when key in @maps_of_names do
    pairs(value, fn {key, value} -> {String.to_atom(key), name(value)} end)
  end

  def option(_key, value), do: host(value)

  defp filter(values) when is_list(values), do: Enum.map(values, &filter/1)

  defp filter(value) do
    if tagged?(value),
      do: host(value),
      else: pairs(value, fn {key, value} -> {String.to_atom(key), filter(value)} end)
  end

  defp pairs({:object, [{"$pairs", pairs}]}, convert),
    do: Enum.map(pairs, fn [key, value] -> convert.({key, value}) end)

  defp pairs({:object, pairs}, convert), do: Enum.map(pairs, convert)
  defp pairs(other, _convert), do: host(other)

  defp name(name) when is_binary(name), do: String.to_atom(name)
  defp name(other), do: host(other)

  defp tagged?({:object, [{"$pairs", _}]}), do: false
  defp tagged?(value), do: match?({:object, [{"$" <> _, _}]}, value)

  defp symbolic(%{} = record),
    do: Map.new(record, fn {key, value} -> {String.to_atom(key), value} end)

  @doc false
  def host({:object, _pairs} = object), do: object |> JSON.plain() |> host()
  def host(%{"$date" => text}), do: Date.from_iso8601!(text)
  def host(%{"$time" => text}), do: Time.from_iso8601!(text)
  def host(%{"$decimal" => text}), do: decimal(text)
  def host(%{"$uuid" => text}), do: text
  def host(%{"$bytes" => text}), do: %Scrypath.Bytes{data: Base.decode64!(text)}
  # There is no such float on the BEAM: the runtime itself refuses.
  def host(%{"$float" => text}),
    do: raise(ArgumentError, "#{text} is not expressible" <> finite())

  def host(%{"$int" => digits}), do: String.to_integer(digits)
  def host(%{"$symbol" => name}), do: String.to_atom(name)
  def host(%{"$opaque" => true}), do: self()

  def host(%{"$pairs" => pairs}),
    do: Enum.map(pairs, fn [key, value] -> {String.to_atom(key), host(value)} end)

  def host(%{"$datetime" => text}) do
    case DateTime.from_iso8601(text) do
      {:ok, zoned, _offset} -> zoned
      {:error, :missing_offset} -> NaiveDateTime.from_iso8601!(text)
    end
  end

  def host(%{} = map), do: Map.new(map, fn {key, value} -> {key, host(value)} end)
  def host(list) when is_list(list), do: Enum.map(list, &host/1)
  def host(scalar), do: scalar

  defp finite, do: ": NaN and infinities have no JSON form; accepted: finite numbers"

  defp decimal(text) do
    case Regex.run(~r/\A(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?\z/, text) do
      [_all, sign, whole, fraction | exponent] ->
        exponent = exponent |> List.first("0") |> String.to_integer()
        digits = String.to_integer(whole <> fraction)
        sign = if sign == "-", do: -1, else: 1
        struct!(Decimal, sign: sign, coef: digits, exp: exponent - String.length(fraction))

      nil ->
        struct!(Decimal, coef: if(text =~ "NaN", do: :NaN, else: :inf))
    end
  end

  @doc false
  # Results as JSON would have them.
  def json(atom) when is_atom(atom) and atom not in [nil, true, false], do: Atom.to_string(atom)
  def json(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> json()
  def json(list) when is_list(list), do: Enum.map(list, &json/1)
  def json(%{} = map), do: Map.new(map, fn {key, value} -> {json(key), json(value)} end)
  def json(other), do: other
end
