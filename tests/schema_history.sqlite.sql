-- Every form that changes a schema on SQLite: test_schema.py compares what SQLite has afterwards with the
-- replay.
CREATE TABLE people (
    id integer PRIMARY KEY AUTOINCREMENT,
    email text NOT NULL UNIQUE,
    name varchar(50) DEFAULT 'x' COLLATE NOCASE,
    age integer CHECK (age > 0),
    anything,
    UNIQUE (name, age)
);
CREATE TABLE orders (
    id integer PRIMARY KEY,
    person_id integer REFERENCES people (id) ON DELETE CASCADE,
    "state" text NOT NULL DEFAULT 'new',
    note text
) STRICT;
CREATE INDEX orders_person ON orders (person_id, state);
CREATE INDEX orders_note ON orders (lower(note)) WHERE note IS NOT NULL;
ALTER TABLE orders ADD COLUMN paid integer NOT NULL DEFAULT 0;
ALTER TABLE orders ADD [total] real;
ALTER TABLE orders RENAME COLUMN note TO remark;
ALTER TABLE orders DROP COLUMN total;
DROP INDEX orders_person;
CREATE TABLE items (id integer PRIMARY KEY, order_id integer NOT NULL REFERENCES orders (id) ON DELETE CASCADE);
CREATE TABLE new_orders (id integer PRIMARY KEY, person_id integer, state text NOT NULL, remark text, paid integer);
INSERT INTO new_orders (id, person_id, state, remark, paid) SELECT id, person_id, state, remark, paid FROM orders;
DROP TABLE orders;
ALTER TABLE new_orders RENAME TO orders;
CREATE UNIQUE INDEX orders_state ON orders (state, paid DESC);
CREATE TEMP TABLE passing (id integer);
CREATE TABLE IF NOT EXISTS people (other integer);
CREATE VIEW names AS SELECT name FROM people;
CREATE TABLE gone (id integer PRIMARY KEY);
DROP TABLE IF EXISTS gone;
DROP TABLE IF EXISTS nowhere;
