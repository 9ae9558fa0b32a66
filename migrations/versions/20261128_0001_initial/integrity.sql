-- One count of a vendor's last thirty days against what we hold.
CREATE TABLE census (
  vendor_id    text        NOT NULL REFERENCES vendor,
  census_id    bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  started_at   timestamptz NOT NULL,
  window_start timestamptz NOT NULL,
  window_end   timestamptz NOT NULL,
  history_from bigint      NOT NULL,
  finished_at  timestamptz,
  boxes        bigint      NOT NULL DEFAULT '0',
  missing      bigint      NOT NULL DEFAULT '0',
  behind       bigint      NOT NULL DEFAULT '0',
  vanished     bigint      NOT NULL DEFAULT '0',
  PRIMARY KEY (vendor_id, census_id)
);
CREATE UNIQUE INDEX census_open ON census (vendor_id) WHERE finished_at IS NULL;

-- Something Coupang showed that we lacked, or we hold and Coupang did not show.
CREATE TABLE census_finding (
  vendor_id    text        NOT NULL,
  census_id    bigint      NOT NULL,
  kind         text        NOT NULL,
  aggregate    text        NOT NULL,
  aggregate_id bigint      NOT NULL,
  begun_at     timestamptz,
  explanation  text        NOT NULL,
  PRIMARY KEY (vendor_id, census_id, kind, aggregate, aggregate_id),
  CONSTRAINT census_finding_kind CHECK (kind IN ('missing', 'behind', 'vanished')),
  CONSTRAINT census_finding_of FOREIGN KEY (vendor_id, census_id) REFERENCES census (vendor_id, census_id)
);
