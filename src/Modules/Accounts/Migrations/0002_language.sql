-- The language a person last read the site in, for what is written to them when they are not there. Null: not known yet.
ALTER TABLE person_pii ADD COLUMN language text;
