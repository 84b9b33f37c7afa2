# Real rows in a real PostgreSQL, where ecto_sql, postgrex and a server are there (`make test` starts one).
if Code.ensure_loaded?(Ecto.Adapters.Postgres) and System.get_env("SCRYPATH_TEST_POSTGRES") do
  defmodule Scrypath.Test.Postgres do
    use Ecto.Repo, otp_app: :scrypath, adapter: Ecto.Adapters.Postgres
  end

  defmodule Scrypath.Test.Harbor do
    use Ecto.Schema

    schema "harbors" do
      field(:name, :string)
      has_many(:vessels, Scrypath.Test.Vessel)
    end
  end

  defmodule Scrypath.Test.Vessel do
    use Ecto.Schema

    use Scrypath,
      fields: [:id, :name, :tonnage, :launched, :seen_at],
      filterable: [:launched],
      sortable: [:name]

    @primary_key {:id, :binary_id, autogenerate: true}
    schema "vessels" do
      field(:name, :string)
      field(:tonnage, :decimal)
      field(:launched, :date)
      field(:seen_at, :utc_datetime_usec)
      belongs_to(:harbor, Scrypath.Test.Harbor)
    end
  end

  defmodule Scrypath.Repo.PostgresTest do
    use ExUnit.Case, async: false

    alias Scrypath.Test.{Harbor, Postgres, Vessel}

    setup context do
      start_supervised!({Postgres, url: System.fetch_env!("SCRYPATH_TEST_POSTGRES"), log: false})
      for table <- ~w(vessels harbors), do: Postgres.query!("drop table if exists #{table}")
      Postgres.query!("create table harbors (id bigserial primary key, name text)")

      Postgres.query!("""
      create table vessels (id uuid primary key, name text, tonnage numeric, launched date,
        seen_at timestamp(6), harbor_id bigint references harbors)
      """)

      vardo = Postgres.insert!(%Harbor{name: "Vardø"})

      vessels =
        for {name, tonnage, launched} <- [{"Fram", "402.50", ~D[1892-10-26]}, {"Maud", "292", ~D[1916-06-07]}] do
          Postgres.insert!(%Vessel{
            name: name,
            tonnage: Decimal.new(tonnage),
            launched: launched,
            seen_at: ~U[2020-01-31 10:00:00.120000Z],
            harbor_id: vardo.id
          })
        end

      options = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:postgres_#{context.line}"]
      {:ok, %{status: :completed}} = Scrypath.sync_records(Vessel, vessels, options)
      %{options: options ++ [repo: Postgres], vessels: vessels}
    end

    test "rows come back by their UUIDs, in hit order", %{options: options} do
      result = Scrypath.search!(Vessel, "", options ++ [sort: [desc: :name]])
      assert [%Vessel{name: "Maud"}, %Vessel{name: "Fram"} = fram] = result.records
      assert fram.tonnage == Decimal.new("402.50")
      assert result.missing_ids == []
    end

    test "columns are indexed in their one encoding", %{options: options, vessels: [fram | _]} do
      assert %{hits: [hit]} =
               Scrypath.search!(Vessel, "fram", options ++ [filter: [launched: ~D[1892-10-26]]])

      assert hit == %{
               "id" => fram.id,
               "name" => "Fram",
               "tonnage" => "402.50",
               "launched" => "1892-10-26",
               "seen_at" => "2020-01-31T10:00:00.120Z"
             }
    end

    test "only what is asked for is preloaded", %{options: options} do
      assert %{records: [%Vessel{harbor: %Ecto.Association.NotLoaded{}}]} =
               Scrypath.search!(Vessel, "fram", options)

      assert %{records: [%Vessel{harbor: %Harbor{name: "Vardø"}}]} =
               Scrypath.search!(Vessel, "fram", options ++ [preload: :harbor])
    end

    test "a deleted row is missing until its document goes", %{options: options, vessels: [fram | _]} do
      Postgres.delete!(fram)
      assert %{records: [], missing_ids: [id]} = Scrypath.search!(Vessel, "fram", options)
      assert id == fram.id

      {:ok, %{status: :completed}} = Scrypath.delete_record(Vessel, fram, options)
      assert %{hits: [], missing_ids: []} = Scrypath.search!(Vessel, "fram", options)
    end
  end
end
