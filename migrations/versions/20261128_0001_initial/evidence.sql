-- A raw answer of Coupang (or of an operator), sealed, stored once per content.
CREATE TABLE evidence (
  vendor_id text        NOT NULL,
  digest    bytea       NOT NULL,
  kind      text        NOT NULL,
  sealed    bytea,
  seen_at   timestamptz NOT NULL,
  erased_at timestamptz,
  PRIMARY KEY (vendor_id, digest)
);
CREATE INDEX evidence_kept ON evidence (seen_at) WHERE erased_at IS NULL;

-- A row of Coupang that could not be read: kept, counted, shown.
CREATE TABLE quarantine (
  vendor_id       text        NOT NULL,
  digest          bytea       NOT NULL,
  feed            text        NOT NULL,
  shipment_box_id bigint,
  reason          text        NOT NULL,
  sealed          bytea,
  first_seen_at   timestamptz NOT NULL,
  last_seen_at    timestamptz NOT NULL,
  times           bigint      NOT NULL,
  PRIMARY KEY (vendor_id, digest)
);

-- When Coupang said something new of what a family observes, and which evidence tells what.
CREATE TABLE observation (
  vendor_id    text        NOT NULL,
  aggregate    text        NOT NULL,
  aggregate_id bigint      NOT NULL,
  at           timestamptz NOT NULL,
  evidence     bytea       NOT NULL,
  PRIMARY KEY (vendor_id, aggregate, aggregate_id, at)
);

-- Every step of every aggregate, append-only (a trigger refuses anything else).
CREATE TABLE history (
  history_id   bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  vendor_id    text        NOT NULL,
  aggregate    text        NOT NULL,
  aggregate_id bigint      NOT NULL,
  version      bigint      NOT NULL,
  source       text,
  target       text        NOT NULL,
  event        text        NOT NULL,
  actor        text        NOT NULL,
  cause        text        NOT NULL,
  reason       text,
  evidence     bytea,
  at           timestamptz NOT NULL,
  hash         bytea       NOT NULL,
  PRIMARY KEY (history_id)
);
CREATE UNIQUE INDEX history_of ON history (vendor_id, aggregate, aggregate_id, version);

CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'history is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER history_rows BEFORE UPDATE OR DELETE ON history
  FOR EACH ROW EXECUTE FUNCTION history_is_append_only();
CREATE TRIGGER history_table BEFORE TRUNCATE ON history
  FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();
