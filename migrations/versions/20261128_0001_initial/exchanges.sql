-- One exchange with its two tracks (the way back, the replacement).
CREATE TABLE exchange (
  vendor_id          text        NOT NULL REFERENCES vendor,
  exchange_id        bigint      NOT NULL,
  order_id           bigint      NOT NULL,
  state              text        NOT NULL,
  version            bigint      NOT NULL,
  state_at           timestamptz NOT NULL,
  collect_state      text        NOT NULL,
  collect_version    bigint      NOT NULL,
  redelivery_state   text        NOT NULL,
  redelivery_version bigint      NOT NULL,
  content_hash       bytea       NOT NULL,
  rejectable         boolean     NOT NULL,
  fault_by           text        NOT NULL,
  reason_code        text        NOT NULL,
  reason_text        text        NOT NULL,
  waybills           jsonb       NOT NULL,
  collector_named    boolean     NOT NULL,
  sealed_contacts    bytea,
  requested_at       timestamptz NOT NULL,
  modified_at        timestamptz,
  confirmed_at       timestamptz,
  next_read_at       timestamptz,
  attention          text,
  first_seen_at      timestamptz NOT NULL,
  PRIMARY KEY (vendor_id, exchange_id),
  CONSTRAINT exchange_state CHECK (state IN ('RECEIPT', 'PROGRESS', 'SUCCESS', 'REJECT', 'CANCEL'))
);
CREATE INDEX exchange_attention ON exchange (vendor_id) WHERE attention IS NOT NULL;
CREATE INDEX exchange_kept ON exchange (first_seen_at) WHERE sealed_contacts IS NOT NULL;
CREATE INDEX exchange_list ON exchange (vendor_id, requested_at, exchange_id);
CREATE INDEX exchange_open ON exchange (vendor_id, requested_at) WHERE state IN ('RECEIPT', 'PROGRESS');
CREATE INDEX exchange_order ON exchange (vendor_id, order_id);
CREATE INDEX exchange_read ON exchange (vendor_id, next_read_at) WHERE next_read_at IS NOT NULL;

-- What is exchanged: units of one option of one original box.
CREATE TABLE exchange_line (
  vendor_id        text   NOT NULL,
  exchange_id      bigint NOT NULL,
  exchange_item_id bigint NOT NULL,
  vendor_item_id   bigint NOT NULL,
  shipment_box_id  bigint,
  count            bigint NOT NULL,
  PRIMARY KEY (vendor_id, exchange_id, exchange_item_id)
);

-- The new box of an exchange; it is no sale.
CREATE TABLE exchange_box (
  vendor_id       text   NOT NULL,
  exchange_id     bigint NOT NULL,
  shipment_box_id bigint NOT NULL,
  status          text   NOT NULL,
  courier_code    text,
  invoice_number  text,
  PRIMARY KEY (vendor_id, exchange_id, shipment_box_id)
);
CREATE INDEX exchange_box_by_id ON exchange_box (vendor_id, shipment_box_id);
