-- What the uploader said of the file, in the words it said it: whoever asks for an upload gets it back as it was (tus 1.0).
ALTER TABLE vault_upload ADD COLUMN metadata text;
