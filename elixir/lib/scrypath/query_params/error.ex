defmodule Scrypath.QueryParams.Error do
  @moduledoc """
  One thing that is wrong with the parameters of a request.

    * `field` - the namespace it is in, `nil` for the parameters as a whole
    * `code` - what programs match on
    * `message` - for a person; may change
    * `path` - where: the namespace, then the member; a name that is not known stays a string
    * `meta` - what was expected, by code
  """
  @enforce_keys [:code, :message, :path]
  defstruct [:field, :code, :message, path: [], meta: %{}]

  @type code ::
          :invalid_shape
          | :invalid_value
          | :missing_key
          | :unknown_key
          | :unknown_field
          | :unsupported_param

  @type t :: %__MODULE__{
          field: atom(),
          code: code(),
          message: String.t(),
          path: [atom() | String.t()],
          meta: map()
        }

  @doc false
  @spec map([map()]) :: Scrypath.QueryParams.error_map()
  def map(issues) do
    errors = Enum.map(issues, &struct!(__MODULE__, &1))
    {form_errors, in_fields} = Enum.split_with(errors, &is_nil(&1.field))

    %{
      form_errors: form_errors,
      field_errors: Enum.group_by(in_fields, & &1.field),
      errors: errors
    }
  end
end
