defmodule Scrypath.Worker.Options do
  @moduledoc false

  # What a worker is started with, read before anything is started. URLs and the key go by the environment, since
  # everyone on the machine can read a command line.

  alias Scrypath.{Config, Core}
  alias Scrypath.Worker.Command

  @own [:database_url, :queues, :until_idle, :lease, :request_timeout, :settle_time, :keep_completed]
  @times [lease: 1, request_timeout: 1, settle_time: 0, keep_completed: 0]

  @enforce_keys [:arguments, :environment, :until_idle, :patience]
  defstruct @enforce_keys

  @type t :: %__MODULE__{
          arguments: [String.t()],
          # A function, so that no report of a crash shows what is in it.
          environment: (... -> [{String.t(), String.t() | nil}]),
          until_idle: boolean(),
          patience: pos_integer()
        }

  @spec read!(keyword() | (... -> keyword())) :: t()
  def read!(options) when is_function(options, 0), do: read!(options.())

  def read!(options) do
    unless Keyword.keyword?(options), do: raise(ArgumentError, "a worker's options must be a keyword list")
    {own, runtime} = Keyword.split(options, @own)
    layers = Config.layers(Keyword.put_new(runtime, :backend, Scrypath.Meilisearch))
    Core.run!("resolve_config", layers)
    until_idle = boolean!(:until_idle, Keyword.get(own, :until_idle, false))
    environment = environment!(own, layers)

    %__MODULE__{
      arguments:
        ["worker", "--json"] ++
          queues!(own, layers) ++ if(until_idle, do: ["--until-idle"], else: []) ++ times!(own),
      environment: fn -> environment end,
      until_idle: until_idle,
      patience: Keyword.get(own, :request_timeout, 15_000) + Keyword.get(own, :settle_time, 15_000) + 10_000
    }
  end

  defp environment!(own, layers) do
    url = Config.host_option(layers, :meilisearch_url, nil)

    cond do
      not is_binary(url) or url == "" ->
        raise ArgumentError, "meilisearch_url is required: the backend that the jobs are brought to"

      String.starts_with?(url, "memory:") ->
        refuse!(:meilisearch_url, "memory: is an index of this VM alone, and a worker another process")

      not String.starts_with?(url, ["http://", "https://", "embedded:"]) ->
        refuse!(:meilisearch_url, "must be http(s)://HOST or embedded:PATH")

      true ->
        [
          {"DATABASE_URL", Command.database_url!(own[:database_url])},
          {"MEILISEARCH_URL", url},
          # Or none: one that this VM's environment has may be another server's.
          {"MEILISEARCH_API_KEY", Config.host_option(layers, :meilisearch_api_key, nil)}
        ]
    end
  end

  defp queues!(own, layers) do
    queues = own[:queues] || Config.host_option(layers, :oban_queue, nil) || "scrypath"

    for queue <- List.wrap(queues) do
      if (is_atom(queue) or is_binary(queue)) and queue not in [nil, true, false, ""],
        do: "--queue=#{queue}",
        else: refuse!(:queues, "must be the name of a queue, or several")
    end
  end

  defp times!(own) do
    for {name, least} <- @times, Keyword.has_key?(own, name) do
      time = own[name]

      unless is_integer(time) and time >= least,
        do: refuse!(name, "must be milliseconds, a whole number of at least #{least}")

      "--#{String.replace(Atom.to_string(name), "_", "-")}=#{time}"
    end
  end

  defp boolean!(_name, value) when is_boolean(value), do: value
  defp boolean!(name, _value), do: refuse!(name, "must be true or false")

  @spec refuse!(atom(), String.t()) :: no_return()
  defp refuse!(name, why), do: raise(ArgumentError, "invalid value for #{inspect(name)} option: #{why}")
end
