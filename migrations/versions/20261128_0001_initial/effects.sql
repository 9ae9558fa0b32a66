-- One change we ask of Coupang, from intent to proof.
CREATE TABLE effect (
  vendor_id       text        NOT NULL REFERENCES vendor,
  effect_id       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  kind            text        NOT NULL,
  event           text        NOT NULL,
  subject         text        NOT NULL,
  subject_id      bigint      NOT NULL,
  shipment_box_id bigint,
  order_id        bigint      NOT NULL,
  payload         jsonb       NOT NULL,
  state           text        NOT NULL,
  version         bigint      NOT NULL,
  box_state       text        NOT NULL,
  intent_key      text,
  asked_by        text        NOT NULL,
  asked_at        timestamptz NOT NULL,
  not_before      timestamptz NOT NULL,
  attempts        bigint      NOT NULL DEFAULT '0',
  sent_at         timestamptz,
  settled_at      timestamptz,
  result_code     text,
  result_message  text,
  evidence        bytea,
  PRIMARY KEY (vendor_id, effect_id),
  CONSTRAINT effect_state CHECK (
    state IN ('PENDING', 'SENDING', 'CONFIRMED', 'REJECTED', 'UNKNOWN', 'REVIEW')
  )
);
CREATE INDEX effect_box ON effect (vendor_id, shipment_box_id, effect_id);
CREATE INDEX effect_due ON effect (vendor_id, not_before) WHERE state IN ('PENDING', 'SENDING', 'UNKNOWN');
CREATE UNIQUE INDEX effect_intent ON effect (vendor_id, intent_key) WHERE intent_key IS NOT NULL;
CREATE INDEX effect_list ON effect (vendor_id, state, effect_id);
CREATE UNIQUE INDEX effect_open ON effect (vendor_id, subject, subject_id)
  WHERE state IN ('PENDING', 'SENDING', 'UNKNOWN', 'REVIEW');

-- One try of an effect, recorded before it is sent and again when it is answered.
CREATE TABLE attempt (
  vendor_id   text        NOT NULL,
  attempt_id  bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  effect_id   bigint      NOT NULL,
  purpose     text        NOT NULL,
  epoch       bigint      NOT NULL,
  worker      text        NOT NULL,
  sent_at     timestamptz NOT NULL,
  answered_at timestamptz,
  outcome     text,
  detail      text,
  evidence    bytea,
  PRIMARY KEY (vendor_id, attempt_id)
);
CREATE INDEX attempt_of ON attempt (vendor_id, effect_id, attempt_id);
