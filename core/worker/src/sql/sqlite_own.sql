-- What workers keep beside the jobs: who holds which queue, and what could not be delivered. Times are
-- milliseconds since 1970.
CREATE TABLE IF NOT EXISTS scrypath_lanes (
  queue TEXT PRIMARY KEY,
  holder TEXT NOT NULL DEFAULT '',
  epoch INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER NOT NULL DEFAULT 0,
  unsettled_ms INTEGER NOT NULL DEFAULT 0,
  oldest INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS scrypath_dead_letters (
  job_id INTEGER NOT NULL,
  document_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  inserted_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (job_id, document_id)
);
