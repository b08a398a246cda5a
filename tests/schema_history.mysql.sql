-- Every form that changes a schema on MariaDB and MySQL: test_schema.py compares what the server has
-- afterwards with the replay.
CREATE TABLE people (
    id int unsigned NOT NULL AUTO_INCREMENT,
    Email varchar(100) NOT NULL UNIQUE,
    name varchar(50) DEFAULT 'x',
    mood enum('sad', 'ok'),
    code char(5),
    note text,
    PRIMARY KEY (id),
    UNIQUE KEY (name, code),
    KEY name_key (name),
    INDEX (code),
    FULLTEXT KEY words (note)
) ENGINE=InnoDB;
CREATE TABLE orders (
    id bigint PRIMARY KEY AUTO_INCREMENT,
    person_id int unsigned,
    second_id int unsigned,
    third_id int unsigned,
    total decimal(10, 2) NOT NULL,
    FOREIGN KEY (person_id) REFERENCES people (id),
    CONSTRAINT second_fk FOREIGN KEY (second_id) REFERENCES people (id) ON DELETE CASCADE,
    KEY third (third_id)
);
ALTER TABLE orders ADD FOREIGN KEY (third_id) REFERENCES people (id), ADD COLUMN state varchar(10), ADD COLUMN (a int, b int);
ALTER TABLE orders ADD INDEX person (person_id, state), ADD UNIQUE KEY states (state), ADD KEY (a, b);
ALTER TABLE orders MODIFY state varchar(20) NOT NULL DEFAULT 'new', CHANGE total amount decimal(12, 2);
ALTER TABLE orders DROP FOREIGN KEY second_fk;
ALTER TABLE orders DROP COLUMN b;
ALTER TABLE orders RENAME COLUMN a TO alpha, RENAME INDEX person TO of_person;
ALTER TABLE orders ALTER COLUMN state SET DEFAULT 'old', ALTER alpha DROP DEFAULT;
ALTER TABLE people DROP INDEX name_key, DROP KEY Email, MODIFY mood enum('sad', 'ok', 'happy');
ALTER TABLE people ADD COLUMN seen datetime AFTER name, ADD COLUMN first int FIRST;
CREATE UNIQUE INDEX codes ON people (code, id);
CREATE INDEX prefix ON people (note(10));
DROP INDEX codes ON people;
CREATE TABLE copied LIKE people;
CREATE TABLE gone (id int PRIMARY KEY);
DROP TABLE gone;
RENAME TABLE copied TO kept;
ALTER TABLE kept RENAME TO kept_again;
ALTER TABLE kept_again DROP PRIMARY KEY, MODIFY id int unsigned NOT NULL, ADD PRIMARY KEY (id, Email);
CREATE TABLE IF NOT EXISTS people (other int);
CREATE VIEW names AS SELECT name FROM people;
