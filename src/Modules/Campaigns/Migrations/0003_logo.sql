-- Name of the logo's file in the files folder.
ALTER TABLE campaign ADD COLUMN logo_file text;
