defmodule Scrypath.Test.StubServer do
  @moduledoc false

  # An HTTP server that behaves as a test says: `answer` gets each request as text and returns the bytes
  # to send, or `:silence` to send none. Each request is also told to the owner, and so is each
  # connection that the client closes.

  def start!(answer) do
    owner = self()

    {:ok, listener} = :gen_tcp.listen(0, [:binary, active: false, backlog: 2048, ip: {127, 0, 0, 1}])

    {:ok, port} = :inet.port(listener)

    ExUnit.Callbacks.start_supervised!({Task, fn -> accept(listener, owner, answer) end},
      id: make_ref()
    )

    "http://127.0.0.1:#{port}"
  end

  def json(status \\ 200, body) do
    "HTTP/1.1 #{status} Some Reason\r\ncontent-type: application/json\r\n" <>
      "content-length: #{byte_size(body)}\r\n\r\n" <> body
  end

  defp accept(listener, owner, answer) do
    case :gen_tcp.accept(listener) do
      {:ok, socket} ->
        server = spawn_link(fn -> receive(do: (:yours -> serve(socket, owner, answer, ""))) end)
        :ok = :gen_tcp.controlling_process(socket, server)
        send(server, :yours)
        accept(listener, owner, answer)

      # The test has ended, and the listener with it.
      {:error, :closed} ->
        :ok
    end
  end

  defp serve(socket, owner, answer, buffered) do
    case request(socket, buffered) do
      {:ok, request, rest} ->
        send(owner, {:request, self(), request})

        case answer.(request) do
          :silence -> :ok
          bytes -> :gen_tcp.send(socket, bytes)
        end

        serve(socket, owner, answer, rest)

      :closed ->
        send(owner, {:closed, self()})
    end
  end

  defp request(socket, buffered) do
    with [head, rest] <- String.split(buffered, "\r\n\r\n", parts: 2),
         length = content_length(head),
         <<body::binary-size(length), rest::binary>> <- rest do
      {:ok, head <> "\r\n\r\n" <> body, rest}
    else
      _incomplete ->
        case :gen_tcp.recv(socket, 0) do
          {:ok, bytes} -> request(socket, buffered <> bytes)
          {:error, _reason} -> :closed
        end
    end
  end

  defp content_length(head) do
    case Regex.run(~r/content-length: (\d+)/i, head) do
      [_, digits] -> String.to_integer(digits)
      nil -> 0
    end
  end
end
