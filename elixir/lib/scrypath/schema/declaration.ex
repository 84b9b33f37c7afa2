defmodule Scrypath.Schema.Declaration do
  @moduledoc false

  # A checked declaration: what `use Scrypath` keeps in the module.

  alias Scrypath.Core

  @type t :: %{json: String.t(), fingerprint: String.t(), config: map(), warnings: [String.t()]}

  @doc "Checks declaration options. Raises `ArgumentError` naming what is wrong."
  @spec declare!(String.t(), term()) :: t()
  def declare!(name, options), do: Core.run!("declare", %{name: name, options: options})

  @doc "Reads the JSON form, which any of the three languages may have written."
  @spec load!(String.t()) :: t()
  def load!(json) do
    # The core never makes atoms. The names of a file the author compiles in may become some.
    declaration = Core.run!("load", %{json: json})
    declaration.config |> declared_names() |> Enum.each(&String.to_atom/1)
    Core.run!("load", %{json: json})
  end

  defp declared_names(config) do
    faceting = config.faceting
    order = Keyword.get(faceting, :sort_facet_values_by, %{})

    [config.fields, config.filterable, config.sortable, [config.document_id, config.tenant_field]]
    |> Enum.concat()
    |> Enum.concat(Keyword.get(faceting, :attributes, []))
    |> Enum.concat(Map.keys(order))
    |> Enum.filter(&is_binary/1)
  end
end
