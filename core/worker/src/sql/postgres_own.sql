-- What workers keep beside the jobs: who holds which queue, and what could not be delivered.
CREATE TABLE IF NOT EXISTS scrypath_lanes (
  queue text PRIMARY KEY,
  holder text NOT NULL DEFAULT '',
  epoch bigint NOT NULL DEFAULT 0,
  lease_until timestamptz NOT NULL DEFAULT now(),
  unsettled_ms bigint NOT NULL DEFAULT 0,
  oldest bigint NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS scrypath_dead_letters (
  job_id bigint NOT NULL,
  document_id text NOT NULL,
  reason text NOT NULL,
  inserted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, document_id)
);
