# Prints what the Elixir package has: a line for each function, option and kind of error.
# Run by `mix run` in elixir/. An option is there when the page of its verb says what it is.

docs = fn module ->
  {:docs_v1, _, :elixir, _, page, _, functions} = Code.fetch_docs(module)
  {page, functions}
end

text = fn
  %{"en" => text} -> text
  _ -> ""
end

page = fn module -> module |> docs.() |> elem(0) |> text.() end

function = fn module, name ->
  {_, functions} = docs.(module)

  for({{kind, ^name, _}, _, _, doc, _} <- functions, kind in [:function, :macro], do: text.(doc))
  |> Enum.join("\n")
end

{:ok, modules} = :application.get_key(:scrypath, :modules)

for module <- modules, {{:docs_v1, _, _, _, %{}, _, functions}, module} <- [{Code.fetch_docs(module), module}] do
  for {{kind, name, arity}, _, _, doc, _} <- functions, kind in [:function, :macro], doc != :hidden do
    IO.puts("function\t#{inspect(module)}.#{name}/#{arity}")
  end
end

IO.puts("function\tScrypath.Schema.__using__/1")

groups = %{
  "runtime" => page.(Scrypath) <> function.(Scrypath, :search_many),
  "search" => function.(Scrypath, :search),
  "entry" => function.(Scrypath, :search_many),
  "suggest" => function.(Scrypath, :suggest),
  "tenant_token" => function.(Scrypath, :tenant_token),
  "schema" => page.(Scrypath.Schema)
}

for {group, text} <- groups, [_, name] <- Regex.scan(~r/:([a-z_]+)\b/, text) do
  IO.puts("option\t#{group}.#{name}")
end

# Usage errors are raised, all of them; of the others each has a term of its own.
told = for {_class, kinds} <- Scrypath.Failure.kinds(), kind <- kinds, do: to_string(kind)

for {kind, class} <- Scrypath.Native.kinds(), class == "usage" or kind in told do
  IO.puts("kind\t#{kind}")
end
