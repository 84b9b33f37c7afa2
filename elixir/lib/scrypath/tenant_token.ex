defmodule Scrypath.TenantToken do
  @moduledoc false

  # No guards: a call that fits no clause would show its options, and a key among them, in the stack trace.

  alias Scrypath.{Config, Core, Schema}

  @spec make!(module() | [module()], term(), keyword()) :: String.t()
  def make!(schemas, tenant, options) do
    asked = %{schemas: schemas |> List.wrap() |> Enum.map(&Schema.json!/1), tenant: tenant}
    Core.run!("tenant_token", Map.merge(Config.layers(options), asked))
  end
end
