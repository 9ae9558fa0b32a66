-- What Coupang last said of one cancel, stop request or return.
CREATE TABLE receipt (
  vendor_id           text        NOT NULL REFERENCES vendor,
  receipt_id          bigint      NOT NULL,
  order_id            bigint      NOT NULL,
  receipt_type        text        NOT NULL,
  market_status       text        NOT NULL,
  release_stop_status text        NOT NULL,
  market_seen_at      timestamptz NOT NULL,
  content_hash        bytea       NOT NULL,
  opened_at           timestamptz NOT NULL,
  modified_at         timestamptz,
  count_sum           bigint      NOT NULL,
  pickup              text        NOT NULL,
  pre_refund          boolean     NOT NULL,
  completion          text        NOT NULL,
  fault_by            text        NOT NULL,
  return_charge_krw   bigint,
  reason_code         text        NOT NULL,
  reason_text         text        NOT NULL,
  sealed_requester    bytea,
  waybills            jsonb       NOT NULL,
  next_read_at        timestamptz,
  reads               bigint      NOT NULL DEFAULT '0',
  unlisted            boolean     NOT NULL DEFAULT false,
  attention           text,
  first_seen_at       timestamptz NOT NULL,
  PRIMARY KEY (vendor_id, receipt_id),
  CONSTRAINT receipt_order UNIQUE (vendor_id, order_id, receipt_id),
  CONSTRAINT receipt_count CHECK (count_sum > 0)
);
CREATE INDEX receipt_attention ON receipt (vendor_id) WHERE attention IS NOT NULL;
CREATE INDEX receipt_by_id ON receipt (receipt_id);
CREATE INDEX receipt_kept ON receipt (first_seen_at) WHERE sealed_requester IS NOT NULL;
CREATE INDEX receipt_list ON receipt (vendor_id, opened_at, receipt_id);
CREATE INDEX receipt_read ON receipt (vendor_id, next_read_at) WHERE next_read_at IS NOT NULL;

-- What a receipt claims of one option of one original box; rows that Coupang repeats are summed.
CREATE TABLE receipt_line (
  vendor_id       text   NOT NULL,
  receipt_id      bigint NOT NULL,
  shipment_box_id bigint NOT NULL,
  vendor_item_id  bigint NOT NULL,
  count           bigint NOT NULL,
  release_status  text,
  PRIMARY KEY (vendor_id, receipt_id, shipment_box_id, vendor_item_id),
  CONSTRAINT receipt_line_claim UNIQUE (vendor_id, receipt_id, shipment_box_id, vendor_item_id, count),
  CONSTRAINT receipt_line_count CHECK (count > 0)
);
CREATE INDEX receipt_line_box ON receipt_line (vendor_id, shipment_box_id);

-- The life of a receipt that is, or began as, a cancel.
CREATE TABLE cancel (
  vendor_id   text        NOT NULL,
  receipt_id  bigint      NOT NULL,
  order_id    bigint      NOT NULL,
  state       text        NOT NULL,
  version     bigint      NOT NULL,
  state_at    timestamptz NOT NULL,
  handed_over boolean,
  decide_by   timestamptz,
  PRIMARY KEY (vendor_id, receipt_id),
  CONSTRAINT cancel_state CHECK (
    state IN ('OPENED', 'REQUESTED', 'STOPPED', 'SHIPPED_ALREADY', 'CANCELLED', 'WITHDRAWN')
  )
);
CREATE INDEX cancel_list ON cancel (vendor_id, state, receipt_id);
CREATE INDEX cancel_open ON cancel (vendor_id, order_id) WHERE state = 'REQUESTED';

-- The life of a receipt whose goods come back.
CREATE TABLE return_ (
  vendor_id       text        NOT NULL,
  receipt_id      bigint      NOT NULL,
  order_id        bigint      NOT NULL,
  state           text        NOT NULL,
  version         bigint      NOT NULL,
  state_at        timestamptz NOT NULL,
  reception_begun boolean     NOT NULL DEFAULT false,
  PRIMARY KEY (vendor_id, receipt_id),
  CONSTRAINT return_state CHECK (
    state IN ('RETURNS_UNCHECKED', 'VENDOR_WAREHOUSE_CONFIRM', 'REQUEST_COUPANG_CHECK',
              'RETURNS_COMPLETED', 'WITHDRAWN')
  )
);
CREATE INDEX return_list ON return_ (vendor_id, state, receipt_id);
CREATE INDEX return_without_reception ON return_ (vendor_id, receipt_id) WHERE NOT reception_begun;

-- The way of the goods of one return or exchange into the warehouse.
CREATE TABLE reception (
  vendor_id  text        NOT NULL REFERENCES vendor,
  subject    text        NOT NULL,
  subject_id bigint      NOT NULL,
  order_id   bigint      NOT NULL,
  state      text        NOT NULL,
  version    bigint      NOT NULL,
  state_at   timestamptz NOT NULL,
  inspection jsonb       NOT NULL DEFAULT '[]',
  PRIMARY KEY (vendor_id, subject, subject_id),
  CONSTRAINT reception_state CHECK (
    state IN ('EXPECTED', 'PICKED_UP', 'ARRIVED', 'PASSED', 'DISPUTED', 'NOT_COMING')
  ),
  CONSTRAINT reception_subject CHECK (subject IN ('return', 'exchange'))
);
CREATE INDEX reception_awaited ON reception (vendor_id, subject, subject_id)
  WHERE state IN ('EXPECTED', 'PICKED_UP');

-- A claim that names its order but could not be read: it holds that order until it is read.
CREATE TABLE unread_claim (
  vendor_id   text        NOT NULL,
  digest      bytea       NOT NULL,
  subject     text        NOT NULL,
  order_id    bigint      NOT NULL,
  claim_id    bigint,
  reason      text        NOT NULL,
  created_at  timestamptz,
  seen_at     timestamptz NOT NULL,
  released_at timestamptz,
  PRIMARY KEY (vendor_id, digest)
);
CREATE INDEX unread_claim_order ON unread_claim (vendor_id, order_id) WHERE released_at IS NULL;

-- Units of a line that a receipt claims. Four keys meet here: the claim names the option, the line is of that
-- option, the line's box and the receipt are of one order.
CREATE TABLE share (
  vendor_id       text    NOT NULL,
  receipt_id      bigint  NOT NULL,
  named_box_id    bigint  NOT NULL,
  vendor_item_id  bigint  NOT NULL,
  shipment_box_id bigint  NOT NULL,
  order_id        bigint  NOT NULL,
  claimed         bigint  NOT NULL,
  count           bigint  NOT NULL,
  kind            text    NOT NULL,
  done            boolean NOT NULL,
  PRIMARY KEY (vendor_id, receipt_id, named_box_id, vendor_item_id, shipment_box_id),
  CONSTRAINT share_count CHECK (count > 0 AND count <= claimed),
  CONSTRAINT share_kind CHECK (kind IN ('STOP', 'RETURN')),
  CONSTRAINT share_box FOREIGN KEY (vendor_id, order_id, shipment_box_id)
    REFERENCES box (vendor_id, order_id, shipment_box_id),
  CONSTRAINT share_claim FOREIGN KEY (vendor_id, receipt_id, named_box_id, vendor_item_id, claimed)
    REFERENCES receipt_line (vendor_id, receipt_id, shipment_box_id, vendor_item_id, count)
    ON DELETE CASCADE,
  CONSTRAINT share_line FOREIGN KEY (vendor_id, shipment_box_id, vendor_item_id)
    REFERENCES line (vendor_id, shipment_box_id, vendor_item_id)
    ON DELETE CASCADE,
  CONSTRAINT share_receipt FOREIGN KEY (vendor_id, order_id, receipt_id)
    REFERENCES receipt (vendor_id, order_id, receipt_id)
);
CREATE INDEX share_by_line ON share (vendor_id, shipment_box_id, vendor_item_id);
CREATE INDEX share_by_order ON share (vendor_id, order_id);
