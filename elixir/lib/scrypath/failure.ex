defmodule Scrypath.Failure do
  @moduledoc false

  # One place turns an error of the core into what Elixir callers match on:
  #
  #     usage                       raises ArgumentError, but for
  #       unknown_facet             {:error, {:unknown_facet, facet}}
  #       invalid_facet_filter      {:error, {:invalid_facet_filter, reason}}
  #     transport                   {:error, {:transport_error, %Scrypath.TransportError{}}}
  #     http_error                  {:error, {:http_error, status, body}}
  #     timeout, task_failed,
  #     cancelled                   {:error, {kind, task}}
  #     invalid_task_payload        {:error, {:invalid_task_payload, details}}
  #     anything else               {:error, {kind, message}}

  alias Scrypath.TransportError

  # What callers can match on, by class. A test holds it against the native library's table; that the
  # words stand here is what makes them atoms.
  @kinds [
    usage: ~w(unknown_facet invalid_facet_filter)a,
    transport: ~w(transport_error request_timeout embedded_open)a,
    backend: ~w(http_error invalid_task_payload)a,
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

  def error(%{class: :usage, message: message}), do: raise(ArgumentError, message)

  def error(%{class: :transport} = error) do
    kind = String.to_existing_atom(error.kind)
    {:error, {:transport_error, %TransportError{kind: kind, message: error.message}}}
  end

  def error(%{kind: "http_error", details: details}) do
    {:error, {:http_error, details[:status], details[:body]}}
  end

  def error(%{kind: kind, details: %{task: task}}), do: {:error, {String.to_existing_atom(kind), task}}

  def error(%{kind: "invalid_task_payload", details: %{payload: payload}}) do
    problems =
      for {member, problem} <- payload.problems,
          do: {String.to_atom(member), String.to_atom(problem)}

    {:error, {:invalid_task_payload, %{payload | stage: String.to_atom(payload.stage), problems: problems}}}
  end

  def error(%{kind: kind, message: message}), do: {:error, {String.to_existing_atom(kind), message}}
end
