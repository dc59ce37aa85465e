-- Lists of all members, former ones too, go by the order in which they first came.
CREATE INDEX membership_roll ON membership (campaign_id, book_id, id);
