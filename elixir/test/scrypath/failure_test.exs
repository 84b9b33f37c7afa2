defmodule Scrypath.FailureTest do
  use ExUnit.Case, async: true

  alias Scrypath.{Failure, Native, TransportError}

  # What search_many gives has the terms of its specification, which other tests are about.
  @of_many ~w(empty_schema_list too_many_schemas malformed_entry all_expansion federation_weight
              federation_key_in_entry runtime_option_in_entry federation_page federation_unsupported
              page_size validation_failed transport_failed all_failed federated_decode)

  defp native(class) do
    for {kind, ^class} <- Native.kinds(), do: kind
  end

  test "the package knows every kind that is not raised, under the same class" do
    for {kind, class} <- Native.kinds(), class != "usage" do
      known = Keyword.get(Failure.kinds(), String.to_atom(class), [])
      assert kind in Enum.map(known, &to_string/1), "#{class} lacks #{kind}"
    end
  end

  test "the package knows no kind that the native library does not" do
    for {class, kinds} <- Failure.kinds(), kind <- kinds do
      assert to_string(kind) in native(to_string(class)), "#{kind} is stale"
    end
  end

  test "every kind is raised, or is the tag of what is returned" do
    for {kind, class} <- Native.kinds() do
      cause = %{kind: "internal", class: :internal, message: "words", details: %{}}
      of_many = %{count: 2, max: 1, name: "page", schema: "Note", cause: cause}
      details = if kind in @of_many, do: of_many, else: %{}
      error = %{kind: kind, class: String.to_atom(class), message: "words", details: details}

      if class == "usage" and String.to_atom(kind) not in Failure.kinds()[:usage] do
        assert_raise ArgumentError, "words", fn -> Failure.error(error) end
      else
        tag = if class == "transport", do: :transport_error, else: String.to_atom(kind)
        assert {:error, reason} = Failure.error(error)
        if kind in @of_many, do: assert(reason), else: assert(elem(reason, 0) == tag)
      end
    end
  end

  test "a transport error documents and types the kinds there are" do
    {:ok, types} = Code.Typespec.fetch_types(TransportError)
    [union] = for {:type, {:kind, {:type, _, :union, kinds}, []}} <- types, do: kinds
    typed = for {:atom, _, kind} <- union, do: to_string(kind)
    assert Enum.sort(typed) == Enum.sort(native("transport"))

    source = File.read!(Path.expand("../../lib/scrypath/transport_error.ex", __DIR__))
    documented = for [_, kind] <- Regex.scan(~r/\* `:(\w+)`/, source), do: kind
    assert Enum.sort(documented) == Enum.sort(native("transport"))
  end
end
