-- A price that was once shown stays as it was.
CREATE TRIGGER tier_price_no_update BEFORE UPDATE ON tier_price
BEGIN SELECT RAISE(ABORT, 'campaigns: a price is never changed; add a version'); END;
CREATE TRIGGER tier_price_no_delete BEFORE DELETE ON tier_price
BEGIN SELECT RAISE(ABORT, 'campaigns: a price is never deleted; retire its tier'); END;
