-- One thing that is polled: what of it is covered, and when it is due again.
CREATE TABLE feed (
  vendor_id  text           NOT NULL REFERENCES vendor,
  feed       text           NOT NULL,
  covered    tstzmultirange NOT NULL DEFAULT '{}',
  due_at     timestamptz    NOT NULL,
  failures   bigint         NOT NULL DEFAULT '0',
  last_ok_at timestamptz,
  last_error text,
  PRIMARY KEY (vendor_id, feed)
);

-- One reading of one window of a feed.
CREATE TABLE poll_run (
  vendor_id    text        NOT NULL,
  run_id       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  feed         text        NOT NULL,
  "window"     tstzrange   NOT NULL,
  epoch        bigint      NOT NULL,
  started_at   timestamptz NOT NULL,
  finished_at  timestamptz NOT NULL,
  pages        bigint      NOT NULL,
  rows         bigint      NOT NULL,
  changed      bigint      NOT NULL,
  unreadable   bigint      NOT NULL,
  contradicted bigint      NOT NULL,
  outcome      text        NOT NULL,
  error        text,
  PRIMARY KEY (vendor_id, run_id)
);
CREATE INDEX poll_run_contradicted ON poll_run (vendor_id, feed) WHERE contradicted > 0;
CREATE INDEX poll_run_list ON poll_run (vendor_id, feed, run_id);
CREATE INDEX poll_run_time ON poll_run USING brin (finished_at);

-- Calls to Coupang, counted by hour, purpose, route and answer.
CREATE TABLE tally (
  vendor_id text        NOT NULL,
  hour      timestamptz NOT NULL,
  purpose   text        NOT NULL,
  route     text        NOT NULL,
  answer    text        NOT NULL,
  calls     bigint      NOT NULL,
  PRIMARY KEY (vendor_id, hour, purpose, route, answer)
);
