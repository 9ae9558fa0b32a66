-- A seller whose key we hold, and everything about speaking for it.
CREATE TABLE vendor (
  vendor_id         text             NOT NULL,
  name              text             NOT NULL,
  sealed_access_key bytea            NOT NULL,
  sealed_secret_key bytea            NOT NULL,
  key_issued_at     timestamptz      NOT NULL,
  state             text             NOT NULL DEFAULT 'ACTIVE',
  auto_acknowledge  boolean          NOT NULL DEFAULT true,
  wing_user_id      text,
  epoch             bigint           NOT NULL DEFAULT '0',
  spoken_by         text,
  due_at            timestamptz      NOT NULL,
  stopped_until     timestamptz,
  stopped_reason    text,
  stopped_kind      text,
  stops             bigint           NOT NULL DEFAULT '0',
  errors            bigint           NOT NULL DEFAULT '0',
  errors_since      timestamptz,
  skew_s            double precision,
  skew_at           timestamptz,
  created_at        timestamptz      NOT NULL,
  PRIMARY KEY (vendor_id),
  CONSTRAINT vendor_id_form CHECK (vendor_id ~ '^[AC][0-9]{8}$'),
  CONSTRAINT vendor_state CHECK (state IN ('ACTIVE', 'PAUSED'))
);
CREATE INDEX vendor_due ON vendor (due_at) WHERE state = 'ACTIVE';

-- The last silence towards Coupang that concerned everybody; open until `closed_at`.
CREATE TABLE circuit (
  name          text        NOT NULL,
  opened_at     timestamptz NOT NULL,
  opened_by     text        NOT NULL,
  reason        text        NOT NULL,
  until         timestamptz NOT NULL,
  trips         bigint      NOT NULL,
  closed_at     timestamptz,
  probing       text,
  probing_until timestamptz,
  PRIMARY KEY (name),
  CONSTRAINT circuit_name CHECK (name = 'everything')
);

-- A caller's bearer key, stored as a digest.
CREATE TABLE api_key (
  key_id     text        NOT NULL,
  name       text        NOT NULL,
  digest     bytea       NOT NULL,
  scopes     text[]      NOT NULL,
  vendor_ids text[],
  created_at timestamptz NOT NULL,
  revoked_at timestamptz,
  PRIMARY KEY (key_id)
);

-- Keys of the installation, sealed under the master key.
CREATE TABLE secret (
  name   text  NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (name)
);

-- Something a person did to a vendor or an API key, append-only (a trigger refuses anything else).
CREATE TABLE audit_entry (
  entry_id   bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  at         timestamptz NOT NULL,
  actor      text        NOT NULL,
  action     text        NOT NULL,
  subject    text        NOT NULL,
  vendor_ids text[],
  detail     jsonb       NOT NULL,
  PRIMARY KEY (entry_id)
);
CREATE INDEX audit_entry_subject ON audit_entry (subject, entry_id);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_table BEFORE TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- An idempotency key of a request that asked nothing of Coupang, so that no effect remembers it.
CREATE TABLE used_key (
  vendor_id  text        NOT NULL REFERENCES vendor,
  intent_key text        NOT NULL,
  request    text        NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (vendor_id, intent_key)
);
