-- Who holds which queue.
CREATE TABLE IF NOT EXISTS scrypath_lanes (
  queue text PRIMARY KEY,
  holder text NOT NULL DEFAULT '',
  epoch bigint NOT NULL DEFAULT 0,
  lease_until timestamptz NOT NULL DEFAULT now(),
  unsettled_ms bigint NOT NULL DEFAULT 0,
  sent_job_id bigint NOT NULL DEFAULT 0
);
-- What could not be delivered.
CREATE TABLE IF NOT EXISTS scrypath_dead_letters (
  job_id bigint NOT NULL,
  index_uid text NOT NULL,
  document_id text NOT NULL,
  reason text NOT NULL,
  inserted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, document_id)
);
CREATE INDEX IF NOT EXISTS scrypath_dead_letters_document_index ON scrypath_dead_letters (index_uid, document_id);
-- Which job's state of a document is the newest that was sent, who is sending it, and which the index has.
CREATE TABLE IF NOT EXISTS scrypath_fences (
  index_uid text NOT NULL,
  document_id text NOT NULL,
  queue text NOT NULL,
  job_id bigint NOT NULL,
  done_job_id bigint NOT NULL DEFAULT 0,
  token text NOT NULL DEFAULT '',
  former text NOT NULL DEFAULT '',
  unsettled_until timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (index_uid, document_id)
);
CREATE INDEX IF NOT EXISTS scrypath_fences_done_job_id_index ON scrypath_fences (queue, done_job_id);
CREATE INDEX IF NOT EXISTS scrypath_fences_token_index ON scrypath_fences (queue) WHERE token <> '';
