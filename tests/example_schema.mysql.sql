-- The schema that every MySQL and MariaDB example of a rule runs on.
CREATE TABLE countries (
    id int PRIMARY KEY,
    code char(2) NOT NULL,
    name varchar(100) NOT NULL,
    UNIQUE KEY countries_code_key (code)
);
CREATE TABLE users (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    email varchar(200),
    name varchar(50),
    status varchar(20),
    age int,
    balance decimal(10, 2),
    bio text,
    mood enum('sad', 'ok', 'happy'),
    country_id int,
    created_at timestamp DEFAULT CURRENT_TIMESTAMP,
    KEY users_status_idx (status)
);
CREATE TABLE orders (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    user_id bigint,
    status varchar(20) NOT NULL DEFAULT 'new',
    total decimal(10, 2),
    quantity int,
    code varchar(50),
    note text,
    placed_at timestamp DEFAULT CURRENT_TIMESTAMP,
    KEY orders_user_id_idx (user_id)
);
CREATE TABLE order_items (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    order_id bigint,
    product varchar(100),
    price decimal(10, 2),
    CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE TABLE sessions (token varchar(100), user_id bigint, expires_at timestamp);
CREATE TABLE `Post` (id varchar(191) PRIMARY KEY, authorId bigint, title varchar(191) NOT NULL);
CREATE TABLE old_users (id bigint PRIMARY KEY, email varchar(200));
INSERT INTO countries VALUES (1, 'DE', 'Germany'), (2, 'FR', 'France');
INSERT INTO users (email, name, status, age, balance, mood)
VALUES ('ann@example.com', 'Ann', 'active', 31, 10.5, 'ok'),
       ('bob@example.com', 'Bob', 'active', 42, 20.5, 'happy');
INSERT INTO orders (user_id, status, total, quantity, code)
VALUES (1, 'new', 5, 1, 'A1'), (2, 'sent', 7, 2, 'A2');
INSERT INTO order_items (order_id, product, price) VALUES (1, 'tea', 5), (2, 'cup', 7);
INSERT INTO sessions VALUES ('t1', 1, now()), ('t2', 2, now());
INSERT INTO `Post` VALUES ('p1', 1, 'One'), ('p2', 2, 'Two');
INSERT INTO old_users VALUES (1, 'old@example.com');
