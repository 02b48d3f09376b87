-- The floor's own tables: 10,000 SKUs with five lots each, and what the product also writes for one
-- reservation. pgbench runs fefo_full.sql over them.
CREATE TABLE lot(id int PRIMARY KEY, sku_id int NOT NULL, code text NOT NULL, expires_on date NOT NULL, on_hand int NOT NULL, reserved int NOT NULL DEFAULT 0, CHECK (reserved >= 0 AND reserved <= on_hand)) WITH (fillfactor=50);
CREATE TABLE reservation(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sku_id int NOT NULL, qty int NOT NULL, status smallint NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL);
CREATE TABLE allocation(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reservation_id bigint NOT NULL, lot_id int NOT NULL, qty int NOT NULL);
INSERT INTO lot SELECT (i-1)*5+k, i, 'L'||i||'-'||k, current_date+100+30*k, 100000000, 0 FROM generate_series(1,10000) i, generate_series(1,5) k;
CREATE INDEX lot_sku_exp ON lot(sku_id, expires_on, id);
CREATE INDEX reservation_sku ON reservation(sku_id);
CREATE INDEX allocation_res ON allocation(reservation_id);
CREATE INDEX allocation_lot ON allocation(lot_id);
CREATE TABLE reservation_line(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reservation_id bigint NOT NULL, sku_id int NOT NULL, qty int NOT NULL);
CREATE TABLE outbox_event(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, type text NOT NULL, payload jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), sent_at timestamptz);
CREATE TABLE idempotency_record(client_id int NOT NULL, key text NOT NULL, body_hash text NOT NULL, status smallint NOT NULL, response jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (client_id, key));
CREATE INDEX reservation_line_res ON reservation_line(reservation_id);
CREATE INDEX outbox_unsent ON outbox_event(id) WHERE sent_at IS NULL;
VACUUM ANALYZE lot;
