-- The schema that every SQLite example of a rule runs on.
CREATE TABLE countries (id integer PRIMARY KEY, code text NOT NULL UNIQUE, name text NOT NULL);
CREATE TABLE users (
    id integer PRIMARY KEY,
    email text,
    name text,
    status text,
    age integer,
    balance numeric,
    bio text,
    country_id integer,
    created_at text DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX users_status_idx ON users (status);
CREATE TABLE orders (
    id integer PRIMARY KEY,
    user_id integer,
    status text NOT NULL DEFAULT 'new',
    total numeric,
    quantity integer,
    code text,
    note text,
    placed_at text DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX orders_user_id_idx ON orders (user_id);
CREATE TABLE order_items (
    id integer PRIMARY KEY,
    order_id integer REFERENCES orders (id) ON DELETE CASCADE,
    product text,
    price numeric
);
CREATE TABLE sessions (token text, user_id integer, expires_at text);
CREATE TABLE "Post" ("id" text PRIMARY KEY, "authorId" integer, "title" text NOT NULL);
CREATE TABLE old_users (id integer PRIMARY KEY, email text);
INSERT INTO countries VALUES (1, 'DE', 'Germany'), (2, 'FR', 'France');
INSERT INTO users (email, name, status, age, balance)
VALUES ('ann@example.com', 'Ann', 'active', 31, 10.5), ('bob@example.com', 'Bob', 'active', 42, 20);
INSERT INTO orders (user_id, status, total, quantity, code)
VALUES (1, 'new', 5, 1, 'A1'), (2, 'sent', 7, 2, 'A2');
INSERT INTO order_items (order_id, product, price) VALUES (1, 'tea', 5), (2, 'cup', 7);
INSERT INTO sessions VALUES ('t1', 1, '2024-01-01'), ('t2', 2, '2024-01-01');
INSERT INTO "Post" VALUES ('p1', 1, 'One'), ('p2', 2, 'Two');
INSERT INTO old_users VALUES (1, 'old@example.com');
