defmodule Scrypath.Failure do
  @moduledoc false

  # One place turns an error of the core into what Elixir callers match on:
  #
  #     usage                       raises ArgumentError, but for
  #       composition               {:error, reason}, as Scrypath.Composition says
  #       params_invalid            {:error, error_map}, as Scrypath.QueryParams says
  #       unknown_facet             {:error, {:unknown_facet, facet}}
  #       invalid_facet_filter      {:error, {:invalid_facet_filter, reason}}
  #     transport                   {:error, {:transport_error, %Scrypath.TransportError{}}}
  #     http_error                  {:error, {:http_error, status, body}}, where a reply is not what the server
  #                                 promised with what is wrong with it in the place of the body
  #     timeout, task_failed,
  #     cancelled                   {:error, {kind, task}}
  #     invalid_task_payload        {:error, {:invalid_task_payload, details}}
  #     search_many                 {:error, reason}, see `many/1`
  #     anything else               {:error, {kind, message}}

  alias Scrypath.{QueryParams, TransportError}

  # Of many searches nothing is raised; see `many/1`.
  @many [
    usage: ~w(empty_schema_list too_many_schemas malformed_entry all_expansion federation_weight
         federation_key_in_entry runtime_option_in_entry federation_page federation_unsupported page_size
         validation_failed)a,
    backend: ~w(transport_failed all_failed federated_decode)a
  ]
  @of_many for {_class, kinds} <- @many, kind <- kinds, do: to_string(kind)

  # What callers can match on, by class. A test holds it against the native library's table; that the
  # words stand here is what makes them atoms.
  @kinds [
    usage: ~w(unknown_facet invalid_facet_filter)a ++ @many[:usage],
    transport: ~w(transport_error request_timeout embedded_open)a,
    backend: ~w(http_error invalid_task_payload)a ++ @many[:backend],
    timeout: ~w(timeout call_cancelled)a,
    task: ~w(task_failed cancelled)a,
    queue: ~w(queue_unavailable)a,
    internal: ~w(internal)a
  ]

  @spec kinds() :: keyword([atom()])
  def kinds, do: @kinds

  @spec error(map()) :: {:error, term()} | no_return()
  def error(%{class: :usage, kind: "unknown_facet"} = error) do
    {:error, {:unknown_facet, error.details[:given]}}
  end

  def error(%{class: :usage, kind: "invalid_facet_filter", details: details}) do
    case details do
      %{given: field} -> {:error, {:invalid_facet_filter, {:unknown_facet_field, field}}}
      _ -> {:error, {:invalid_facet_filter, :faceting_not_declared}}
    end
  end

  def error(%{kind: kind} = error) when kind in @of_many, do: {:error, many(error)}
  def error(%{details: %{reason: reason}}), do: {:error, reason}

  def error(%{kind: "params_invalid", details: %{issues: issues}}),
    do: {:error, QueryParams.Error.map(issues)}

  def error(%{class: :usage, message: message}), do: raise(ArgumentError, message)

  def error(%{class: :transport} = error) do
    kind = String.to_existing_atom(error.kind)
    {:error, {:transport_error, %TransportError{kind: kind, message: error.message}}}
  end

  def error(%{kind: "http_error", details: details, message: message}) do
    {:error, {:http_error, details[:status], Map.get(details, :body, message)}}
  end

  def error(%{kind: kind, details: %{task: task}}), do: {:error, {String.to_existing_atom(kind), task}}

  def error(%{kind: "invalid_task_payload", details: %{payload: payload}}) do
    problems =
      for {member, problem} <- payload.problems,
          do: {String.to_atom(member), String.to_atom(problem)}

    {:error, {:invalid_task_payload, %{payload | stage: String.to_atom(payload.stage), problems: problems}}}
  end

  def error(%{kind: kind, message: message}), do: {:error, {String.to_existing_atom(kind), message}}

  @doc "What is wrong with one of many searches, as a term: nothing is raised."
  @spec reason(map()) :: term()
  def reason(%{class: :usage, kind: kind} = error)
      when kind not in ["unknown_facet", "invalid_facet_filter"] do
    case error do
      %{kind: "unknown_options", details: details} ->
        {:invalid_options, Enum.map(details.names, &name/1), error.message}

      %{kind: kind, details: %{name: option}} when kind in ["invalid_option", "page_invalid"] ->
        {:invalid_options, name(option), error.message}

      _ ->
        {:validation, error.message}
    end
  end

  def reason(error) do
    {:error, reason} = error(error)
    reason
  end

  defp many(%{kind: "empty_schema_list"}), do: :empty_schema_list
  defp many(%{kind: "malformed_entry"}), do: {:invalid_options, :malformed_entry}
  defp many(%{kind: "federation_page"}), do: {:invalid_options, :federation_page}

  defp many(%{kind: "too_many_schemas", details: details}),
    do: {:too_many_schemas, details.count, details.max}

  defp many(%{kind: "page_size", details: details}),
    do: {:invalid_options, {:page_size, details.count, details.max}}

  defp many(%{kind: "federation_unsupported"}) do
    {:invalid_options, {:federation_merge_requires_native_search_many, %{backend: Scrypath.Meilisearch}}}
  end

  defp many(%{kind: "validation_failed", details: details}),
    do: {:validation_failed, details.schema, reason(details.cause)}

  defp many(%{kind: "transport_failed", details: details}),
    do: {:transport_failed, reason(details.cause)}

  defp many(%{kind: "federated_decode", details: details}),
    do: {:federated_decode, name(details.name)}

  defp many(%{kind: "all_failed", details: details}), do: {:all_failed, details[:failures] || []}

  defp many(%{kind: kind, details: details}),
    do: {:invalid_options, {String.to_existing_atom(kind), name(details.name)}}

  # Names of options are few; what a caller made up stays text.
  defp name(name) do
    String.to_existing_atom(name)
  rescue
    ArgumentError -> name
  end
end
