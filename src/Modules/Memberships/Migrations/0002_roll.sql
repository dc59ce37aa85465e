-- Lists of all members, former ones too, go by the order in which they first came; whether a membership was somebody's first is asked of the
-- second index, without which SQLite looked through the whole campaign for each of its members.
CREATE INDEX membership_roll ON membership (campaign_id, book_id, id);
CREATE INDEX membership_first ON membership (person_id, campaign_id, book_id, id);
