defmodule Scrypath.Test.JSON do
  @moduledoc false

  # JSON text as terms, for tests only: there is no JSON library without Hex on older OTP releases.

  def decode!(text), do: text |> decode_in_order!() |> plain()

  @doc "The same with objects as `{:object, pairs}`, which keep their order."
  def decode_in_order!(text) do
    {value, rest} = value(blank(text))
    "" = blank(rest)
    value
  end

  def plain({:object, pairs}), do: Map.new(pairs, fn {key, value} -> {key, plain(value)} end)
  def plain(list) when is_list(list), do: Enum.map(list, &plain/1)
  def plain(scalar), do: scalar

  def encode!(map) when is_map(map) do
    members = Enum.map_join(map, ",", fn {key, value} -> encode!(key) <> ":" <> encode!(value) end)
    "{" <> members <> "}"
  end

  def encode!(list) when is_list(list), do: "[" <> Enum.map_join(list, ",", &encode!/1) <> "]"
  def encode!(nil), do: "null"

  def encode!(text) when is_binary(text) do
    ~s("#{Regex.replace(~r/["\\\\\x00-\x1f]/, text, fn <<code>> -> "\\u00" <> Base.encode16(<<code>>) end)}")
  end

  def encode!(scalar), do: to_string(scalar)

  defp blank(<<c, rest::binary>>) when c in ~c" \n\r\t", do: blank(rest)
  defp blank(rest), do: rest

  defp value("null" <> rest), do: {nil, rest}
  defp value("true" <> rest), do: {true, rest}
  defp value("false" <> rest), do: {false, rest}
  defp value("\"" <> rest), do: string(rest, [])
  defp value("[" <> rest), do: list(blank(rest), [])
  defp value("{" <> rest), do: object(blank(rest), [])

  defp value(text) do
    [number] = Regex.run(~r/\A-?\d+(\.\d+)?([eE][+-]?\d+)?/, text, capture: :first)
    rest = binary_part(text, byte_size(number), byte_size(text) - byte_size(number))

    case Integer.parse(number) do
      {integer, ""} -> {integer, rest}
      {integer, "e" <> exponent} -> {String.to_float("#{integer}.0e#{exponent}"), rest}
      {_integer, _fraction} -> {String.to_float(number), rest}
    end
  end

  defp list("]" <> rest, items), do: {Enum.reverse(items), rest}
  defp list("," <> rest, items), do: list(blank(rest), items)

  defp list(text, items) do
    {item, rest} = value(text)
    list(blank(rest), [item | items])
  end

  defp object("}" <> rest, pairs), do: {{:object, Enum.reverse(pairs)}, rest}
  defp object("," <> rest, pairs), do: object(blank(rest), pairs)

  defp object("\"" <> rest, pairs) do
    {key, rest} = string(rest, [])
    ":" <> rest = blank(rest)
    {value, rest} = value(blank(rest))
    object(blank(rest), [{key, value} | pairs])
  end

  @escapes %{
    ?" => ?",
    ?\\ => ?\\,
    ?/ => ?/,
    ?b => ?\b,
    ?f => ?\f,
    ?n => ?\n,
    ?r => ?\r,
    ?t => ?\t
  }

  defp string("\"" <> rest, done), do: {done |> Enum.reverse() |> IO.iodata_to_binary(), rest}

  defp string("\\u" <> <<high::binary-4, "\\u", low::binary-4, rest::binary>>, done)
       when high >= "d800" and high <= "dbff" do
    text = :unicode.characters_to_binary(<<hex(high)::16, hex(low)::16>>, {:utf16, :big})
    string(rest, [text | done])
  end

  defp string("\\u" <> <<code::binary-4, rest::binary>>, done),
    do: string(rest, [<<hex(code)::utf8>> | done])

  defp string(<<?\\, escape, rest::binary>>, done),
    do: string(rest, [Map.fetch!(@escapes, escape) | done])

  defp string(<<char::utf8, rest::binary>>, done), do: string(rest, [<<char::utf8>> | done])

  defp hex(digits), do: String.to_integer(digits, 16)
end
