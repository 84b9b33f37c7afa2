defmodule Scrypath.Interop.Postgres do
  # A PostgreSQL through Debian's erlang-p1-pgsql, which needs no Hex.

  def connect!(url) do
    url = URI.parse(url)

    {:ok, database} =
      :pgsql.connect(
        host: String.to_charlist(url.host),
        port: url.port,
        user: url.userinfo |> String.split(":") |> hd(),
        password: "",
        database: String.trim_leading(url.path, "/")
      )

    database
  end

  def tell(database, sql), do: :pgsql.squery(database, sql)

  def rows(database, sql, parameters) do
    case :pgsql.pquery(database, sql, parameters) do
      {:ok, _command, _status, _names, rows} -> for row <- rows, do: Enum.map(row, &value/1)
      {:error, reason} -> {:error, reason}
    end
  end

  defp value({:int8, text}), do: String.to_integer(text)
  defp value({_type, text}), do: text
end
