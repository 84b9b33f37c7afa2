defmodule Scrypath.Related.FanOut do
  @moduledoc false

  # Which documents change with a record is declared by its schema: a target, and a function that finds its records.

  @enforce_keys [:target, :resolver]
  defstruct @enforce_keys

  @type t :: %__MODULE__{target: module(), resolver: {module(), atom(), list()}}

  @doc "The names that a schema declares."
  @spec names(module()) :: [String.t()]
  def names(schema), do: for({name, _fan_out} <- declared(schema), do: Atom.to_string(name))

  @spec find(module(), String.t()) :: t() | nil
  def find(schema, name) do
    Enum.find_value(declared(schema), fn {key, fan_out} ->
      if Atom.to_string(key) == name,
        do: %__MODULE__{target: fan_out[:target], resolver: fan_out[:resolver]}
    end)
  end

  defp declared(schema), do: schema.__scrypath__(:fan_outs)

  @doc """
  That of the schema which a job names. A job knows its name and not its module: of the modules that there are, it is
  the one that has both.
  """
  @spec of_job(String.t(), String.t()) :: {:ok, t()} | {:error, {:undeclared, String.t()}}
  def of_job(schema, name) do
    schemas = named(Enum.uniq(loaded() ++ of_applications()), schema)

    case {schemas, schemas |> Enum.map(&find(&1, name)) |> Enum.reject(&is_nil/1) |> Enum.uniq()} do
      {_schemas, [fan_out]} -> {:ok, fan_out}
      {[], []} -> undeclared("no schema #{schema} is declared here")
      {_schemas, []} -> undeclared("#{schema} declares no fan-out #{name} here")
      {_schemas, _several} -> undeclared("several schemas #{schema} declare a fan-out #{name} here")
    end
  end

  @doc """
  Raises `ArgumentError` where whoever runs a job of this fan-out could not tell it from that of another schema. Looks
  once for each.
  """
  @spec tell_apart!(module(), String.t()) :: :ok
  def tell_apart!(module, name) do
    key = {__MODULE__, module, name}

    with nil <- :persistent_term.get(key, nil) do
      case of_job(name_of(module), name) do
        {:ok, _fan_out} -> :persistent_term.put(key, :ok)
        {:error, {:undeclared, words}} -> raise ArgumentError, "#{words}: a job could not say which is meant"
      end
    end
  end

  defp undeclared(words), do: {:error, {:undeclared, words}}

  defp named(modules, schema) do
    for module <- modules,
        function_exported?(module, :__scrypath__, 1),
        name_of(module) == schema,
        do: module
  end

  # The core's own form, in which the name is the second member.
  defp name_of(module) do
    case Regex.run(~r/^\{"scrypath":\d+,"name":"([^"]*)"/, module.__scrypath__(:json)) do
      [_all, name] -> name
      nil -> nil
    end
  end

  # In a release these are all; elsewhere modules are loaded when somebody calls them.
  defp loaded, do: for({module, _file} <- :code.all_loaded(), do: module)

  defp of_applications do
    for {application, _description, _version} <- Application.loaded_applications(),
        uses_scrypath?(application),
        module <- Application.spec(application, :modules) || [],
        Code.ensure_loaded?(module),
        do: module
  end

  defp uses_scrypath?(application) do
    :scrypath in [application | Application.spec(application, :applications) || []]
  end

  @doc "The records of the target that change with these. `ids` are document ids."
  @spec resolve(t(), [integer() | String.t()]) :: list()
  def resolve(%__MODULE__{resolver: {module, function, arguments}}, ids) do
    case apply(module, function, [ids | arguments]) do
      records when is_list(records) ->
        records

      _other ->
        raise ArgumentError,
              "the resolver #{inspect(module)}.#{function}/#{length(arguments) + 1} must give a list of records"
    end
  end
end
