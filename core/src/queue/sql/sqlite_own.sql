-- Who holds which queue. Times are milliseconds since 1970.
CREATE TABLE IF NOT EXISTS scrypath_lanes (
  queue TEXT PRIMARY KEY,
  holder TEXT NOT NULL DEFAULT '',
  epoch INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER NOT NULL DEFAULT 0,
  unsettled_ms INTEGER NOT NULL DEFAULT 0,
  sent_job_id INTEGER NOT NULL DEFAULT 0
);
-- What could not be delivered.
CREATE TABLE IF NOT EXISTS scrypath_dead_letters (
  job_id INTEGER NOT NULL,
  index_uid TEXT NOT NULL,
  document_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  inserted_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (job_id, document_id)
);
CREATE INDEX IF NOT EXISTS scrypath_dead_letters_document_index ON scrypath_dead_letters (index_uid, document_id);
-- Which job's state of a document is the newest that was sent, who is sending it, and which the index has.
CREATE TABLE IF NOT EXISTS scrypath_fences (
  index_uid TEXT NOT NULL,
  document_id TEXT NOT NULL,
  queue TEXT NOT NULL,
  job_id INTEGER NOT NULL,
  done_job_id INTEGER NOT NULL DEFAULT 0,
  token TEXT NOT NULL DEFAULT '',
  former TEXT NOT NULL DEFAULT '',
  unsettled_until INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (index_uid, document_id)
);
CREATE INDEX IF NOT EXISTS scrypath_fences_done_job_id_index ON scrypath_fences (queue, done_job_id);
CREATE INDEX IF NOT EXISTS scrypath_fences_token_index ON scrypath_fences (queue) WHERE token <> '';
