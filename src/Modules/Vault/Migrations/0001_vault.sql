-- What a campaign has in the vault: the key its contents are named with, the store its files belong in, and the bytes it uses. Whoever changes
-- files of a campaign updates this row first, so that they wait for each other.
CREATE TABLE vault_shelf (
    campaign_id {int} NOT NULL PRIMARY KEY,
    hash_key text NOT NULL,
    store text NOT NULL,
    quota_bytes {int},
    used_bytes {int} NOT NULL CHECK (used_bytes >= 0)
) {strict,clustered};

-- Bytes, once per campaign and content. The object's name ends in a number never given twice: bytes that come back after they were removed are
-- another object, which a late removal of the first cannot hit.
CREATE TABLE vault_blob (
    id {id} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL REFERENCES vault_shelf (campaign_id),
    hash text NOT NULL,
    size_bytes {int} NOT NULL CHECK (size_bytes > 0),
    store text NOT NULL,
    object_key text NOT NULL,
    created_at {int} NOT NULL,
    checked_at {int},
    damage text
) {strict};
CREATE UNIQUE INDEX vault_blob_content ON vault_blob (campaign_id, hash);
CREATE UNIQUE INDEX vault_blob_object ON vault_blob (object_key);

-- A file that something holds (a post), and the only reference to its bytes: bytes without a file go.
CREATE TABLE vault_file (
    id {id} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL,
    blob_id {int} NOT NULL REFERENCES vault_blob (id),
    holder_kind text NOT NULL,
    holder_id {int} NOT NULL,
    uploader_id {int} NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('audio', 'video', 'image', 'attachment')),
    content_type text NOT NULL,
    width_px {int},
    height_px {int},
    duration_ms {int},
    chapters text,
    created_at {int} NOT NULL
) {strict};
CREATE INDEX vault_file_holder ON vault_file (holder_kind, holder_id, id);
CREATE INDEX vault_file_blob ON vault_file (blob_id);

-- A picture made small, WebP, on the disk; made again when it is lost.
CREATE TABLE vault_thumb (
    blob_id {int} NOT NULL PRIMARY KEY REFERENCES vault_blob (id),
    object_key text NOT NULL,
    size_bytes {int} NOT NULL
) {strict,clustered};

-- An upload that may be taken up again. offset_bytes is what is safely on the disk.
CREATE TABLE vault_upload (
    id {id} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL,
    uploader_id {int} NOT NULL,
    holder_kind text NOT NULL,
    holder_id {int} NOT NULL,
    name text NOT NULL,
    length_bytes {int} NOT NULL,
    offset_bytes {int} NOT NULL,
    sha256 text,
    file_id {int},
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL,
    CHECK (offset_bytes BETWEEN 0 AND length_bytes)
) {strict};
CREATE INDEX vault_upload_expiry ON vault_upload (expires_at);

-- Objects nothing names any more, until the job that removes them has.
CREATE TABLE vault_doomed (
    object_key text NOT NULL PRIMARY KEY,
    store text NOT NULL,
    due_at {int} NOT NULL
) {strict,clustered};
