-- The table of jobs in the layout of Oban's version 14, which Oban for Elixir takes for its own (one starts on its own
-- version and on later ones only) and Oban for Python adds its parts to. One that is there is left as it is.
DO $$ BEGIN
  IF to_regclass('oban_jobs') IS NULL THEN
    IF to_regtype('oban_job_state') IS NULL THEN
      CREATE TYPE oban_job_state AS ENUM
        ('available', 'suspended', 'scheduled', 'executing', 'retryable', 'completed', 'discarded', 'cancelled');
    END IF;
    CREATE TABLE oban_jobs (
      id bigserial PRIMARY KEY,
      state oban_job_state NOT NULL DEFAULT 'available',
      queue text NOT NULL DEFAULT 'default',
      worker text NOT NULL,
      args jsonb NOT NULL DEFAULT '{}',
      errors jsonb[] NOT NULL DEFAULT ARRAY[]::jsonb[],
      attempt integer NOT NULL DEFAULT 0,
      max_attempts integer NOT NULL DEFAULT 20,
      inserted_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
      scheduled_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
      attempted_at timestamp,
      completed_at timestamp,
      attempted_by text[],
      discarded_at timestamp,
      priority integer NOT NULL DEFAULT 0,
      tags text[] DEFAULT ARRAY[]::text[],
      meta jsonb DEFAULT '{}',
      cancelled_at timestamp,
      CONSTRAINT attempt_range CHECK (attempt >= 0 AND attempt <= max_attempts),
      CONSTRAINT positive_max_attempts CHECK (max_attempts > 0),
      CONSTRAINT non_negative_priority CHECK (priority >= 0),
      CONSTRAINT queue_length CHECK (char_length(queue) > 0 AND char_length(queue) < 128),
      CONSTRAINT worker_length CHECK (char_length(worker) > 0 AND char_length(worker) < 128)
    );
    CREATE INDEX oban_jobs_args_index ON oban_jobs USING gin (args);
    CREATE INDEX oban_jobs_meta_index ON oban_jobs USING gin (meta);
    CREATE INDEX oban_jobs_state_queue_priority_scheduled_at_id_index
      ON oban_jobs (state, queue, priority, scheduled_at, id);
    -- Oban's own have all jobs in them; who prunes asks for these alone, and the others need not pay.
    CREATE INDEX oban_jobs_state_cancelled_at_index ON oban_jobs (state, cancelled_at)
      WHERE cancelled_at IS NOT NULL;
    CREATE INDEX oban_jobs_state_discarded_at_index ON oban_jobs (state, discarded_at)
      WHERE discarded_at IS NOT NULL;
    CREATE UNLOGGED TABLE IF NOT EXISTS oban_peers (
      name text PRIMARY KEY,
      node text NOT NULL,
      started_at timestamp NOT NULL,
      expires_at timestamp NOT NULL
    );
    COMMENT ON TABLE oban_jobs IS '14';
  END IF;
END $$
