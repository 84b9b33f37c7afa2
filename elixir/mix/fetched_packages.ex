defmodule Scrypath.FetchedPackages do
  @moduledoc false

  # Where Hex cannot be reached, packages that were fetched earlier serve instead: a folder holding one
  # folder for each, named by SCRYPATH_DEPS_PATH. Mix then resolves plain version requirements there.

  @behaviour Mix.SCM

  def folder do
    Path.expand(System.get_env("SCRYPATH_DEPS_PATH") || "~/.cache/scrypath/hex")
  end

  @doc "Those of the wanted packages that the folder holds, as dependencies; `tested` are for tests only."
  def deps(wanted, tested) do
    found =
      for {packages, options} <- [{wanted, optional: true}, {tested, only: :test}],
          {app, requirement} <- packages,
          File.dir?(source(app)),
          do: {app, requirement, options}

    if found != [], do: Mix.SCM.append(__MODULE__)
    found
  end

  defp source(app), do: Path.join(folder(), Atom.to_string(app))

  @impl true
  def accepts_options(app, options) do
    unless options[:git] || options[:path] do
      Keyword.merge(options, dest: source(app), env: :prod)
    end
  end

  @impl true
  def fetchable?, do: false
  @impl true
  def format(options), do: options[:dest]
  @impl true
  def format_lock(_options), do: nil
  @impl true
  def checked_out?(options), do: File.dir?(options[:dest])
  @impl true
  def checkout(options), do: Mix.raise("#{options[:dest]} is not there; Scrypath fetches nothing")
  @impl true
  def update(options), do: checkout(options)
  @impl true
  def lock_status(_options), do: :ok
  @impl true
  def equal?(one, other), do: one[:dest] == other[:dest]
  @impl true
  def managers(_options), do: []
end
