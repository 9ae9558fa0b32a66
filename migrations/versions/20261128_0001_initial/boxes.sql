-- A bundle shipped together (묶음배송): the unit of everything.
CREATE TABLE box (
  vendor_id           text        NOT NULL REFERENCES vendor,
  shipment_box_id     bigint      NOT NULL,
  order_id            bigint      NOT NULL,
  state               text        NOT NULL,
  version             bigint      NOT NULL,
  state_at            timestamptz NOT NULL,
  market_status       text        NOT NULL,
  market_seen_at      timestamptz NOT NULL,
  content_hash        bytea       NOT NULL,
  ordered_at          timestamptz,
  paid_at             timestamptz NOT NULL,
  ship_by             date,
  address_version     bigint      NOT NULL,
  address_final       boolean     NOT NULL,
  courier_code        text,
  invoice_number      text,
  split_shipping      boolean     NOT NULL,
  able_split_shipping boolean     NOT NULL,
  departed_at         timestamptz,
  delivered_at        timestamptz,
  next_read_at        timestamptz,
  reads               bigint      NOT NULL DEFAULT '0',
  doubtful            boolean     NOT NULL DEFAULT false,
  attention           text,
  exchange_id         bigint,
  first_seen_at       timestamptz NOT NULL,
  PRIMARY KEY (vendor_id, shipment_box_id),
  CONSTRAINT box_order UNIQUE (vendor_id, order_id, shipment_box_id),
  CONSTRAINT box_state CHECK (
    state IN ('ACCEPT', 'INSTRUCT', 'DEPARTURE', 'DELIVERING', 'FINAL_DELIVERING', 'NONE_TRACKING',
              'CANCELLED')
  )
);
CREATE INDEX box_attention ON box (vendor_id) WHERE attention IS NOT NULL;
CREATE INDEX box_exchange ON box (vendor_id, exchange_id) WHERE exchange_id IS NOT NULL;
CREATE INDEX box_list ON box (vendor_id, state, paid_at, shipment_box_id);
CREATE INDEX box_paid ON box (vendor_id, paid_at, shipment_box_id);
CREATE INDEX box_read ON box (vendor_id, next_read_at) WHERE next_read_at IS NOT NULL;
CREATE INDEX box_waybill ON box (vendor_id, invoice_number) WHERE invoice_number IS NOT NULL;

-- One kind of item in a box; ordered = shippable + held + cancelled.
CREATE TABLE line (
  vendor_id             text   NOT NULL,
  shipment_box_id       bigint NOT NULL,
  vendor_item_id        bigint NOT NULL,
  ordered               bigint NOT NULL,
  held                  bigint NOT NULL,
  cancelled             bigint NOT NULL,
  shipped               bigint NOT NULL DEFAULT '0',
  returned              bigint NOT NULL DEFAULT '0',
  market_held           bigint NOT NULL,
  market_cancelled      bigint NOT NULL,
  shippable             bigint NOT NULL GENERATED ALWAYS AS (ordered - held - cancelled) STORED,
  name                  text   NOT NULL,
  seller_product_name   text   NOT NULL,
  seller_item_name      text   NOT NULL,
  sku                   text,
  sales_price_krw       bigint,
  planned_shipping_date date,
  PRIMARY KEY (vendor_id, shipment_box_id, vendor_item_id),
  CONSTRAINT line_goods CHECK (
    returned >= 0 AND returned <= shipped AND returned <= cancelled
    AND shipped + cancelled - returned <= ordered
  ),
  CONSTRAINT line_market CHECK (
    market_held >= 0 AND market_cancelled >= 0 AND market_held + market_cancelled <= ordered
  ),
  CONSTRAINT line_quantities CHECK (
    ordered > 0 AND held >= 0 AND cancelled >= 0 AND held + cancelled <= ordered
  ),
  CONSTRAINT line_box FOREIGN KEY (vendor_id, shipment_box_id) REFERENCES box (vendor_id, shipment_box_id)
);

-- One version of a box's receiver; personal data, sealed, erased when its time is over.
CREATE TABLE receiver (
  vendor_id       text        NOT NULL,
  shipment_box_id bigint      NOT NULL,
  version         bigint      NOT NULL,
  digest          bytea       NOT NULL,
  place           bytea       NOT NULL,
  sealed          bytea,
  seen_at         timestamptz NOT NULL,
  PRIMARY KEY (vendor_id, shipment_box_id, version)
);
CREATE INDEX receiver_kept ON receiver (seen_at) WHERE sealed IS NOT NULL;

-- A person keeps a box back, for a reason and until a time; it ends by the clock or by a release.
CREATE TABLE hold (
  vendor_id       text        NOT NULL,
  hold_id         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  shipment_box_id bigint      NOT NULL,
  reason          text        NOT NULL,
  placed_by       text        NOT NULL,
  placed_at       timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  released_at     timestamptz,
  released_by     text,
  PRIMARY KEY (vendor_id, hold_id),
  CONSTRAINT hold_box FOREIGN KEY (vendor_id, shipment_box_id) REFERENCES box (vendor_id, shipment_box_id)
);
CREATE INDEX hold_of ON hold (vendor_id, shipment_box_id, hold_id);
CREATE INDEX hold_open ON hold (vendor_id, shipment_box_id, expires_at) WHERE released_at IS NULL;

-- A short-lived word that a box may be handed over, given after its claims were read live.
CREATE TABLE permit (
  vendor_id       text        NOT NULL,
  permit_id       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  shipment_box_id bigint      NOT NULL,
  fence           bigint      NOT NULL,
  asked_by        text        NOT NULL,
  asked_at        timestamptz NOT NULL,
  next_try_at     timestamptz,
  address_version bigint,
  issued_at       timestamptz,
  expires_at      timestamptz,
  refused_at      timestamptz,
  refused_reason  text,
  revoked_at      timestamptz,
  revoked_reason  text,
  used_by_effect  bigint,
  PRIMARY KEY (vendor_id, permit_id),
  CONSTRAINT permit_box FOREIGN KEY (vendor_id, shipment_box_id) REFERENCES box (vendor_id, shipment_box_id)
);
CREATE INDEX permit_by_id ON permit (permit_id);
CREATE INDEX permit_due ON permit (vendor_id, next_try_at) WHERE next_try_at IS NOT NULL;
CREATE UNIQUE INDEX permit_fence ON permit (vendor_id, shipment_box_id, fence);
CREATE INDEX permit_open ON permit (vendor_id, shipment_box_id)
  WHERE issued_at IS NOT NULL AND revoked_at IS NULL;
